"""The smoke test of the official Python SDK: `smoke.py --list` names the cases, `smoke.py NAME` runs one."""

import json
import os
import sys
import time
import urllib.request
from urllib.parse import parse_qs, urlparse

from google.protobuf.timestamp_pb2 import Timestamp
from scalekit import ScalekitClient
from scalekit.common.exceptions import (
    ScalekitBadRequestException,
    ScalekitConflictException,
    ScalekitNotFoundException,
    ScalekitServerException,
    WebhookVerificationError,
)
from scalekit.common.scalekit import (
    AuthorizationUrlOptions,
    CodeAuthenticationOptions,
    LogoutUrlOptions,
    TokenValidationOptions,
)
from scalekit.v1.clients.clients_pb2 import CustomClaim, OrganizationClient
from scalekit.v1.commons.commons_pb2 import MINUTES, Role, UserProfile
from scalekit.v1.connections.connections_pb2 import OIDC, OKTA, SAML, CreateConnection
from scalekit.v1.events.events_pb2 import EventFilter
from scalekit.v1.organizations.organizations_pb2 import (
    APPLICATION,
    CUSTOM,
    CreateOrganization,
    UpdateOrganization,
)
from scalekit.v1.roles.roles_pb2 import (
    CreateOrganizationRole,
    CreatePermission,
    CreateRole,
    UpdateRole,
)
from scalekit.v1.users.users_pb2 import (
    CreateMembership,
    CreateUser,
    CreateUserProfile,
    UpdateMembership,
    UpdateUser,
    UpdateUserProfile,
)

URL = os.environ["SCALEKIT_ENVIRONMENT_URL"]
CALLBACK = os.environ["INTEROP_CALLBACK"]
GOODBYE = os.environ["INTEROP_GOODBYE"]
UNIQUE = f"{time.time_ns():x}"


def connect():
    """The SDK's client; it asks for a token at once."""
    secret = os.environ["SCALEKIT_CLIENT_SECRET"]
    return ScalekitClient(URL, os.environ["SCALEKIT_CLIENT_ID"], secret)


def create_organization(client):
    """A new organization with an external id."""
    wanted = CreateOrganization(display_name="Python", external_id=f"python-{UNIQUE}")
    return client.organization.create_organization(wanted)[0].organization


def organizations(client):
    org = create_organization(client)
    assert org.id.startswith("org_"), org.id
    found = client.organization.get_organization_by_external_id(f"python-{UNIQUE}")[0]
    assert found.organization.id == org.id
    change = UpdateOrganization(display_name="Python Ltd", metadata={"plan": "gold"})
    client.organization.update_organization(org.id, change)
    change = UpdateOrganization(external_id=f"renamed-{UNIQUE}")
    client.organization.update_organization_by_external_id(f"python-{UNIQUE}", change)
    seen = client.organization.get_organization(org.id)[0].organization
    assert seen.display_name == "Python Ltd" and seen.metadata["plan"] == "gold", seen
    assert seen.external_id == f"renamed-{UNIQUE}", seen
    page = client.organization.list_organizations(page_size=1)[0]
    assert page.organizations[0].id == org.id and page.next_page_token, page
    client.organization.delete_organization(org.id)
    refuses(ScalekitNotFoundException, lambda: client.organization.get_organization(org.id))


def organization_settings(client):
    org = create_organization(client)
    features = [{"name": "sso", "enabled": True}, {"name": "dir_sync", "enabled": True}]
    client.organization.update_organization_settings(org.id, features)
    seen = client.organization.get_organization(org.id)[0].organization
    on = {feature.name for feature in seen.settings.features if feature.enabled}
    assert {"sso", "dir_sync"} <= on, on
    limits = client.organization.upsert_user_management_settings(org.id, max_allowed_users=3)
    assert limits.max_allowed_users.value == 3, limits
    client.organization.update_organization_session_policy(org.id, CUSTOM, 90, MINUTES, True, 15, MINUTES)
    policy = client.organization.get_organization_session_policy(org.id)[0].policy
    assert policy.policy_source == CUSTOM and policy.absolute_session_timeout.value == 90, policy
    client.organization.update_organization_session_policy(org.id, APPLICATION)
    link = client.organization.generate_portal_link(org.id)
    assert link.location.startswith(f"{URL}/magicLink/"), link


def domains(client):
    org = create_organization(client)
    name = f"python-{UNIQUE}.com"
    domain = client.domain.create_domain(org.id, name)[0].domain
    allowed = client.domain.create_domain(org.id, f"mail.{name}", "ALLOWED_EMAIL_DOMAIN")[0].domain
    assert client.domain.get_domain(org.id, domain.id)[0].domain.domain == name
    everything = client.domain.list_domains(org.id)[0].domains
    assert {each.id for each in everything} == {domain.id, allowed.id}, everything
    some = client.domain.list_domains(org.id, "ALLOWED_EMAIL_DOMAIN")[0].domains
    assert [each.id for each in some] == [allowed.id], some
    client.domain.delete_domain(org.id, domain.id)
    refuses(ScalekitNotFoundException, lambda: client.domain.get_domain(org.id, domain.id))


def connections(client):
    org = create_organization(client)
    wanted = CreateConnection(provider=OKTA, type=SAML)
    made = client.connection.create_connection(org.id, wanted)[0].connection
    assert made.id.startswith("conn_"), made.id
    seen = client.connection.get_connection(org.id, made.id)[0].connection
    assert seen.saml_config.sp_metadata_url.startswith(URL), seen.saml_config
    assert not client.connection.list_connections(org.id)[0].connections
    assert len(client.connection.list_connections(org.id, include="all")[0].connections) == 1
    switched = client.connection.enable_connection(org.id, made.id)[0]
    assert not switched.enabled and switched.error_message, "an incomplete connection was enabled"
    client.connection.delete_connection(org.id, made.id)
    refuses(ScalekitNotFoundException, lambda: client.connection.get_connection(org.id, made.id))
    test = test_organization(client)
    simulated = test_connection(client, SAML)
    assert not client.connection.disable_connection(test, simulated)[0].enabled
    assert client.connection.enable_connection(test, simulated)[0].enabled
    by_domain = client.connection.list_connections_by_domain("example.com")[0].connections
    assert simulated in {each.id for each in by_domain}, by_domain


def users(client):
    org, other = create_organization(client), None
    user = CreateUser(
        email=f"ada-{UNIQUE}@example.net",
        external_id=f"user-{UNIQUE}",
        metadata={"source": "python"},
        user_profile=CreateUserProfile(given_name="Ada", family_name="Park"),
        membership=CreateMembership(roles=[Role(name="admin")]),
    )
    made = client.users.create_user_and_membership(org.id, user, False)[0].user
    assert made.id.startswith("usr_"), made.id
    assert client.users.get_user(made.id)[0].user.user_profile.given_name == "Ada"
    assert client.users.get_user_by_external_id(f"user-{UNIQUE}")[0].user.id == made.id
    change = UpdateUser(user_profile=UpdateUserProfile(family_name="Quill"))
    assert client.users.update_user(made.id, change)[0].user.user_profile.family_name == "Quill"
    listed = client.users.list_organization_users(org.id, page_size=10)[0].users
    assert [each.id for each in listed] == [made.id], listed
    assert made.id in {each.id for each in client.users.list_users(page_size=10)[0].users}
    assert "admin" in {role.name for role in client.users.list_user_roles(org.id, made.id)[0].roles}
    client.users.list_user_permissions(org.id, made.id)
    membership = UpdateMembership(roles=[Role(name="member")])
    client.users.update_membership(org.id, made.id, membership)
    assert {role.name for role in client.users.list_user_roles(org.id, made.id)[0].roles} == {"member"}
    wanted = CreateOrganization(display_name="Second")
    other = client.organization.create_organization(wanted)[0].organization
    membership = CreateMembership(roles=[Role(name="member")])
    joined = client.users.create_membership(other.id, made.id, membership, False)[0].user
    assert len(joined.memberships) == 2, joined
    client.users.delete_membership(other.id, made.id)
    again = lambda: client.users.create_user_and_membership(org.id, user, False)
    refuses(ScalekitConflictException, again)
    client.users.delete_user(made.id)
    refuses(ScalekitNotFoundException, lambda: client.users.get_user(made.id))


def roles_and_permissions(client):
    permission, base, role = f"notes:{UNIQUE}", f"base_{UNIQUE}", f"editor_{UNIQUE}"
    wanted = CreatePermission(name=permission, description="Read notes")
    client.permissions.create_permission(wanted)
    assert client.permissions.get_permission(permission)[0].permission.description == "Read notes"
    client.roles.create_role(CreateRole(name=base, display_name="Base", permissions=[permission]))
    client.roles.create_role(CreateRole(name=role, display_name="Editor", extends=base))
    effective = client.permissions.list_effective_role_permissions(role)[0].permissions
    assert permission in {each.name for each in effective}, effective
    assert not client.permissions.list_role_permissions(role)[0].permissions
    client.permissions.add_permissions_to_role(role, [permission])
    client.permissions.remove_permission_from_role(role, permission)
    assert client.roles.list_dependent_roles(base)[0].roles[0].name == role
    refuses(ScalekitBadRequestException, lambda: client.roles.delete_role(base))
    client.roles.delete_role_base(role)
    client.roles.update_role(role, UpdateRole(display_name="Writer"))
    assert client.roles.get_role(role)[0].role.display_name == "Writer"
    assert client.roles.get_role_users_count(role)[0].count == 0
    assert role in {each.name for each in client.roles.list_roles()[0].roles}
    for name in (role, base):
        client.roles.delete_role(name)
    client.permissions.delete_permission(permission)
    org = create_organization(client)
    own = CreateOrganizationRole(name=f"own_{UNIQUE}", display_name="Own")
    client.roles.create_organization_role(org.id, own)
    assert own.name in {each.name for each in client.roles.list_organization_roles(org.id)[0].roles}
    client.roles.delete_organization_role(org.id, own.name)


def organization_clients(client):
    org = create_organization(client)
    wanted = OrganizationClient(
        name="Importer",
        scopes=["notes:read", "notes:write"],
        audience=["notes.example"],
        custom_claims=[CustomClaim(key="tier", value="gold")],
        expiry=600,
    )
    made = client.m2m_client.create_organization_client(org.id, wanted)[0]
    machine = made.client.client_id
    token = client.generate_client_token(machine, made.plain_secret, ["notes:read"])
    strict = TokenValidationOptions(issuer=URL, audience=["notes.example"], required_scopes=["notes:read"])
    claims = client.validate_access_token_and_get_claims(token, strict)
    assert claims["oid"] == org.id and claims["client_id"] == machine, claims
    more = TokenValidationOptions(required_scopes=["notes:write"])
    assert not client.validate_access_token(token, more), "a scope that was not asked for"
    elsewhere = TokenValidationOptions(audience=["other.example"])
    assert not client.validate_access_token(token, elsewhere), "another audience"
    second = client.m2m_client.add_organization_client_secret(org.id, machine)[0]
    client.generate_client_token(machine, second.plain_secret)
    client.m2m_client.remove_organization_client_secret(org.id, machine, second.secret.id)
    refuses(ScalekitServerException, lambda: client.generate_client_token(machine, second.plain_secret))
    change = OrganizationClient(name="Exporter")
    client.m2m_client.update_organization_client(org.id, machine, change)
    assert client.m2m_client.get_organization_client(org.id, machine)[0].client.name == "Exporter"
    assert len(client.m2m_client.list_organization_clients(org.id)[0].clients) == 1
    client.m2m_client.delete_organization_client(org.id, machine)


def api_tokens(client):
    org = create_organization(client)
    expiry = Timestamp(seconds=int(time.time()) + 3600)
    made = client.tokens.create_token(org.id, None, {"team": "blue"}, expiry, "CI")
    seen = client.tokens.validate_token(made.token).token_info
    assert seen.organization_id == org.id and seen.custom_claims["team"] == "blue", seen
    client.tokens.update_token(made.token, {"team": "red"}, "CI 2")
    listed = client.tokens.list_tokens(org.id).tokens
    assert [each.description for each in listed] == ["CI 2"], listed
    client.tokens.invalidate_token(made.token)
    refuses(Exception, lambda: client.tokens.validate_token(made.token))


def sign_in(client):
    options = AuthorizationUrlOptions()
    options.connection_id = test_connection(client, OIDC)
    options.organization_id = test_organization(client)
    options.scopes = ["openid", "profile", "email", "offline_access"]
    options.state = "state-1"
    back = urlparse(visit(client.get_authorization_url(CALLBACK, options)))
    answer = parse_qs(back.query)
    assert answer["state"] == ["state-1"] and "code" in answer, answer
    result = client.authenticate_with_code(answer["code"][0], CALLBACK, CodeAuthenticationOptions())
    assert result["user"]["email"] == "ada@example.com", result["user"]
    assert result["organization_id"] == options.organization_id, result
    assert result["connection_id"] == options.connection_id, result
    claims = client.validate_access_token_and_get_claims(
        result["access_token"], TokenValidationOptions(issuer=URL)
    )
    renewed = client.refresh_access_token(result["refresh_token"])
    assert client.validate_access_token(renewed["access_token"])
    sessions = client.sessions.get_user_sessions(claims["sub"])[0].sessions
    assert claims["sid"] in {each.session_id for each in sessions}, sessions
    session = client.sessions.get_session(claims["sid"])[0]
    assert session.user_id == claims["sub"], session
    logout = LogoutUrlOptions(result["id_token"], GOODBYE, "bye")
    assert visit(client.get_logout_url(logout)).startswith(GOODBYE)
    refuses(ScalekitServerException, lambda: client.refresh_access_token(renewed["refresh_token"]))
    spent = lambda: client.authenticate_with_code(answer["code"][0], CALLBACK, CodeAuthenticationOptions())
    refuses(ScalekitServerException, spent)


def events(client):
    org = create_organization(client)
    wanted = EventFilter(event_types=["organization.created"], organization_id=org.id)
    seen = client.events.list_events_paginated(page_size=5, filter=wanted)[0].events
    assert [each.type for each in seen] == ["organization.created"], seen


def webhooks(client):
    create_organization(client)
    with urllib.request.urlopen(os.environ["INTEROP_WEBHOOK"], timeout=60) as answer:
        sent = json.load(answer)
    assert json.loads(sent["body"])["type"] == "organization.created", sent
    assert client.verify_webhook_payload(sent["secret"], sent["headers"], sent["body"])
    changed = sent["body"].replace("organization.created", "organization.deleted")
    forged = lambda: client.verify_webhook_payload(sent["secret"], sent["headers"], changed)
    refuses(WebhookVerificationError, forged)


def refusals(client):
    refuses(ScalekitNotFoundException, lambda: client.organization.get_organization("org_1"))
    empty = CreateOrganization(display_name="")
    refuses(ScalekitBadRequestException, lambda: client.organization.create_organization(empty))
    org = create_organization(client)
    double = CreateOrganization(display_name="Double", external_id=org.external_id)
    error = refuses(ScalekitConflictException, lambda: client.organization.create_organization(double))
    assert error.error_code, "the error has no code"
    refuses(ScalekitServerException, lambda: ScalekitClient(URL, client.core_client.client_id, "wrong"))


def test_organization(client):
    """The organization that every development server has."""
    return client.organization.get_organization_by_external_id("test-organization")[0].organization.id


def test_connection(client, kind):
    """Its connection of a kind to the simulated identity provider."""
    found = client.connection.list_connections(test_organization(client), include="all")[0].connections
    return next(each.id for each in found if each.type == kind)


def visit(address):
    """Where the scripted user ends who is sent to an address."""
    request = urllib.request.Request(os.environ["INTEROP_USER"], address.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def refuses(kind, attempt):
    """The error of an attempt that must fail with one of this kind."""
    try:
        attempt()
    except kind as error:
        return error
    raise AssertionError(f"it went through, and should have been refused with {kind.__name__}")


CASES = {
    "organizations": organizations,
    "settings, session policy and portal link": organization_settings,
    "domains": domains,
    "connections": connections,
    "users and memberships": users,
    "roles and permissions": roles_and_permissions,
    "organization clients and their tokens": organization_clients,
    "API tokens": api_tokens,
    "sign-in, refresh, session, logout": sign_in,
    "events": events,
    "a webhook that we sent": webhooks,
    "errors": refusals,
}

if sys.argv[1] == "--list":
    print("\n".join(CASES))
else:
    CASES[sys.argv[1]](connect())
