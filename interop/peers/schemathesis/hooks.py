"""How the calls of Schemathesis meet a server with something in it, and what they must leave alone."""

import json
import os
import re

import schemathesis

# Ids by the words of the path before them, such as {"organizations": "org_1", "organizations/domains": "dom_1"}.
WORLD = json.loads(os.environ["INTEROP_WORLD"])
OWN_CLIENT = os.environ["INTEROP_CLIENT"]
OWN_ENVIRONMENT = WORLD["environments"]

calls = 0


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other call is about what is there: made-up ids alone would try little more than the 404 of each method."""
    global calls
    calls += 1
    # What was deleted could not be tried again; Schemathesis deletes what it has made or found itself.
    if calls % 2 == 0 and case.method != "DELETE":
        use_world(case)
    spare_world(case)
    stay_alive(case)


def use_world(case):
    """Puts the ids of what is there into the path and the body."""
    words = []
    for part in case.operation.path.split("/")[3:]:
        variable = re.match(r"\{(\w+)\}", part)
        if variable is None:
            words.append(part)
            continue
        known = WORLD.get("/".join(words)) or (words and WORLD.get(words[-1]))
        if known and variable[1] in (case.path_parameters or {}):
            case.path_parameters[variable[1]] = known
    use_world_in(case.body)


def use_world_in(value):
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        if name in ("organization_id", "user_id") and isinstance(member, str):
            value[name] = WORLD["organizations" if name == "organization_id" else "users"]
        else:
            use_world_in(member)


def spare_world(case):
    """Leads a deletion away from what is there, which Schemathesis knows from lists by now."""
    ids = case.path_parameters or {}
    last = re.findall(r"\{(\w+)\}", case.operation.path)[-1:]
    if case.method == "DELETE" and last and ids.get(last[0]) in WORLD.values():
        ids[last[0]] = f"{ids[last[0]]}1"


def stay_alive(case):
    """Leads away from its own client and from the address of its own environment.

    Without the client, its secrets or its right to call the API, and at another address than the issuer of its token,
    every later call would be refused with 401, and nothing would be tried any more.
    """
    ids = case.path_parameters or {}
    if case.method != "GET" and ids.get("client_id") == OWN_CLIENT:
        ids["client_id"] = "skc_1"
    moves = case.operation.path.endswith(("{id}", ":update", "/custom-domains"))
    if case.method != "GET" and moves and ids.get("id") == OWN_ENVIRONMENT:
        ids["id"] = "env_1"
