"""What Schemathesis must not do to the server that it tries, since it takes ids from answers and uses them."""

import os

import schemathesis

OWN_CLIENT = os.environ["INTEROP_OWN_CLIENT"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Its own client stays: with it, or with its secrets, every later call would be refused with 401."""
    path = case.path_parameters or {}
    if case.method == "DELETE" and path.get("client_id") == OWN_CLIENT:
        case.path_parameters["client_id"] = "skc_1"
