"""What Schemathesis must not do to the server that it tries, since it takes ids from answers and uses them."""

import os

import schemathesis

OWN_CLIENT = os.environ["INTEROP_CLIENT"]
OWN_ENVIRONMENT = os.environ["INTEROP_ENVIRONMENT"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leads away from its own client and from the address of its own environment; others of both are fair game.

    Without the client, its secrets or its right to call the API, and at another address than the issuer of its token,
    every later call would be refused with 401, and nothing would be tried any more.
    """
    ids = case.path_parameters or {}
    if case.method != "GET" and ids.get("client_id") == OWN_CLIENT:
        ids["client_id"] = "skc_1"
    moves = case.operation.path.endswith(("{id}", ":update", "/custom-domains"))
    if case.method != "GET" and moves and ids.get("id") == OWN_ENVIRONMENT:
        ids["id"] = "env_1"
