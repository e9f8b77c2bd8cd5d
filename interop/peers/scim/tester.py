"""Runs scim2-tester against a directory and prints its checks as JSON: `tester.py URL TOKEN`."""

import json
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

url, token = sys.argv[1:]
http = Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
client = SyncSCIMClient(http)
client.discover()
checks = [
    {
        "title": " ".join(filter(None, [check.resource_type, check.title])),
        "status": check.status.name,
        "reason": check.reason or "",
    }
    for check in check_server(client)
]
json.dump(checks, sys.stdout)
