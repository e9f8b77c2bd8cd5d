/** How tenancy is tried: each method that is built, called with ids of somebody else. */
import { directoryAttempts } from "./directory-attempts.ts";
import { environmentAttempts, withoutIdsOfEnvironments } from "./environment-attempts.ts";
import { webhookAttempts, withoutIdsOfWebhooks } from "./webhook-attempts.ts";

/** A call of a method; names in braces are filled with ids. */
export interface Attempt {
  request: string;
  body?: object;
}

const saml = { provider: "CUSTOM", type: "SAML", ui_button_title: "taken over" };

/** How each method is called with ids of somebody else. */
export const attempts: Record<string, Attempt> = {
  ...environmentAttempts,
  ...webhookAttempts,
  ...directoryAttempts,
  "OrganizationService/GetOrganization": { request: "GET /organizations/{org}" },
  "OrganizationService/GetOrganizationByExternalId": { request: "GET /organizations:external/theirs" },
  "OrganizationService/UpdateOrganization": {
    request: "PATCH /organizations/{org}",
    body: { display_name: "taken over" },
  },
  "OrganizationService/DeleteOrganization": { request: "DELETE /organizations/{org}" },
  "OrganizationService/GeneratePortalLink": { request: "PUT /organizations/{org}/portal_links" },
  "OrganizationService/GetPortalLinks": { request: "GET /organizations/{org}/portal_links" },
  "OrganizationService/DeletePortalLink": { request: "DELETE /organizations/{org}/portal_links" },
  "OrganizationService/DeletePortalLinkByID": { request: "DELETE /organizations/{org}/portal_links/{link}" },
  "OrganizationService/UpdateOrganizationSettings": {
    request: "PATCH /organizations/{org}/settings",
    body: { features: [{ name: "sso", enabled: false }] },
  },
  "OrganizationService/UpdateOrganizationSessionPolicy": {
    request: "PATCH /organizations/{org}/session-policy",
    body: { policy_source: "CUSTOM", absolute_session_timeout: 60 },
  },
  "OrganizationService/GetOrganizationSessionPolicy": { request: "GET /organizations/{org}/session-policy" },
  "OrganizationService/GetApplicationSessionPolicy": {
    request: "GET /organizations/{org}/application-session-policy",
  },
  "OrganizationService/UpsertUserManagementSettings": {
    request: "PATCH /organizations/{org}/settings/usermanagement",
    body: { settings: { max_allowed_users: 1 } },
  },
  "OrganizationService/GetOrganizationUserManagementSetting": {
    request: "GET /organizations/{org}/settings/usermanagement",
  },
  "MembersService/GetMember": { request: "GET /members/{member}" },
  "MembersService/UpdateMember": { request: "PATCH /members/{member}", body: { first_name: "taken over" } },
  "MembersService/DeleteMember": { request: "DELETE /members/{member}" },
  "DomainService/UpdateDomain": { request: "PATCH /organizations/{org}/domains/{domain}", body: {} },
  "DomainService/VerifyDomain": { request: "PATCH /organizations/{org}/domains/{domain}:verify" },
  "DomainService/CreateDomain": {
    request: "POST /organizations/{org}/domains",
    body: { domain: "taken-over.com" },
  },
  "DomainService/GetDomain": { request: "GET /organizations/{org}/domains/{domain}" },
  "DomainService/ListDomains": { request: "GET /organizations/{org}/domains" },
  "DomainService/DeleteDomain": { request: "DELETE /organizations/{org}/domains/{domain}" },
  "RolesService/UpdateRole": { request: "PUT /roles/environment_role", body: { display_name: "taken over" } },
  "RolesService/GetRole": { request: "GET /roles/environment_role" },
  "RolesService/DeleteRole": { request: "DELETE /roles/environment_role" },
  "RolesService/CreateOrganizationRole": {
    request: "POST /organizations/{org}/roles",
    body: { name: "taken_over", display_name: "taken over" },
  },
  "RolesService/UpdateOrganizationRole": {
    request: "PUT /organizations/{org}/roles/{role}",
    body: { display_name: "taken over" },
  },
  "RolesService/GetOrganizationRole": { request: "GET /organizations/{org}/roles/{role}" },
  "RolesService/ListOrganizationRoles": { request: "GET /organizations/{org}/roles" },
  "RolesService/DeleteOrganizationRole": { request: "DELETE /organizations/{org}/roles/{role}" },
  "RolesService/GetRoleUsersCount": { request: "GET /roles/environment_role/users:count" },
  "RolesService/GetOrganizationRoleUsersCount": {
    request: "GET /organizations/{org}/roles/{role}/users:count",
  },
  "RolesService/UpdateDefaultOrganizationRoles": {
    request: "PATCH /organizations/{org}/roles:set_defaults",
    body: { default_member_role: "admin" },
  },
  "RolesService/ListDependentRoles": { request: "GET /roles/environment_role/dependents" },
  "RolesService/DeleteRoleBase": { request: "DELETE /roles/environment_role/base" },
  "RolesService/DeleteOrganizationRoleBase": { request: "DELETE /organizations/{org}/roles/{role}/base" },
  "RolesService/GetPermission": { request: "GET /permissions/their:permission" },
  "RolesService/UpdatePermission": {
    request: "PUT /permissions/their:permission",
    body: { name: "their:permission", description: "taken over" },
  },
  "RolesService/DeletePermission": { request: "DELETE /permissions/their:permission" },
  "RolesService/ListRolePermissions": { request: "GET /roles/environment_role/permissions" },
  "RolesService/AddPermissionsToRole": {
    request: "POST /roles/environment_role/permissions",
    body: { permission_names: ["sk_org_sso_manage"] },
  },
  "RolesService/RemovePermissionFromRole": {
    request: "DELETE /roles/environment_role/permissions/their:permission",
  },
  "RolesService/ListEffectiveRolePermissions": { request: "GET /roles/environment_role/permissions:all" },
  "UserService/GetUser": { request: "GET /users/{user}" },
  "UserService/UpdateUser": {
    request: "PATCH /users/{user}",
    body: { user_profile: { name: "taken over" } },
  },
  "UserService/DeleteUser": { request: "DELETE /users/{user}" },
  "UserService/CreateUserAndMembership": {
    request: "POST /organizations/{org}/users",
    body: { email: "taken.over@example.com" },
  },
  "UserService/ListOrganizationUsers": { request: "GET /organizations/{org}/users" },
  "UserService/SearchOrganizationUsers": { request: "GET /organizations/{org}/users:search?query=user" },
  "UserService/CreateMembership": {
    request: "POST /memberships/organizations/{org}/users/{user}",
    body: { inviter_email: "mallory@example.com" },
  },
  "UserService/UpdateMembership": {
    request: "PATCH /memberships/organizations/{org}/users/{user}",
    body: { roles: [{ name: "admin" }] },
  },
  "UserService/DeleteMembership": {
    request: "DELETE /memberships/organizations/{org}/users/{user}?cascade=true",
  },
  "UserService/ResendInvite": { request: "PATCH /invites/organizations/{org}/users/{user}/resend", body: {} },
  "UserService/ListUserRoles": { request: "GET /organizations/{org}/users/{user}/roles" },
  "UserService/AssignUserRoles": {
    request: "POST /organizations/{org}/users/{user}/roles",
    body: [{ role_name: "admin" }],
  },
  "UserService/ListUserPermissions": { request: "GET /organizations/{org}/users/{user}/permissions" },
  "UserService/RemoveUserRole": { request: "DELETE /organizations/{org}/users/{user}/roles/member" },
  "ClientService/GetClient": { request: "GET /clients/{client}" },
  "ClientService/UpdateClient": { request: "PATCH /clients/{client}", body: { name: "taken over" } },
  "ClientService/DeleteClient": { request: "DELETE /clients/{client}" },
  "ClientService/CreateClientSecret": { request: "POST /clients/{client}/secrets", body: {} },
  "ClientService/UpdateClientSecret": {
    request: "PATCH /clients/{client}/secrets/{secret}",
    body: { status: "INACTIVE" },
  },
  "ClientService/DeleteClientSecret": { request: "DELETE /clients/{client}/secrets/{secret}" },
  "ClientService/CreateOrganizationClient": { request: "POST /organizations/{org}/clients", body: {} },
  "ClientService/ListOrganizationClients": { request: "GET /organizations/{org}/clients" },
  "ClientService/GetOrganizationClient": { request: "GET /organizations/{org}/clients/{robot}" },
  "ClientService/UpdateOrganizationClient": {
    request: "PATCH /organizations/{org}/clients/{robot}",
    body: { name: "taken over" },
  },
  "ClientService/DeleteOrganizationClient": { request: "DELETE /organizations/{org}/clients/{robot}" },
  "ClientService/CreateOrganizationClientSecret": {
    request: "POST /organizations/{org}/clients/{robot}/secrets",
    body: {},
  },
  "ClientService/DeleteOrganizationClientSecret": {
    request: "DELETE /organizations/{org}/clients/{robot}/secrets/{secret}",
  },
  "ClientService/CreateScope": { request: "POST /environments/{env}/scopes", body: { name: "taken:over" } },
  "ClientService/ListScopes": { request: "GET /environments/{env}/scopes" },
  "ClientService/UpdateScope": { request: "PATCH /scopes/scp_100000000000000001", body: { enabled: false } },
  "ClientService/DeleteScope": { request: "DELETE /scopes/scp_100000000000000001" },
  "ApiTokenService/CreateToken": { request: "POST /tokens", body: { organization_id: "{org}" } },
  "ApiTokenService/ValidateToken": { request: "POST /tokens:validate", body: { token: "{token}" } },
  "ApiTokenService/InvalidateToken": { request: "POST /tokens:invalidate", body: { token: "{token}" } },
  "ApiTokenService/UpdateToken": {
    request: "POST /tokens:update",
    body: { token: "{token}", description: "taken over" },
  },
  "ApiTokenService/ListTokens": { request: "GET /tokens?organization_id={org}" },
  "ConnectionService/CreateConnection": { request: "POST /organizations/{org}/connections", body: saml },
  "ConnectionService/GetEnvironmentConnection": { request: "GET /connections/{connection}" },
  "ConnectionService/GetConnection": { request: "GET /organizations/{org}/connections/{connection}" },
  "ConnectionService/UpdateConnection": {
    request: "PATCH /organizations/{org}/connections/{connection}",
    body: saml,
  },
  "ConnectionService/DeleteConnection": { request: "DELETE /organizations/{org}/connections/{connection}" },
  "ConnectionService/EnableConnection": {
    request: "PATCH /organizations/{org}/connections/{connection}:enable",
  },
  "ConnectionService/DisableConnection": {
    request: "PATCH /organizations/{org}/connections/{connection}:disable",
  },
  "ConnectionService/AssignDomainsToConnection": {
    request: "PUT /organizations/{org}/connections/{connection}/domains",
    body: { domain_ids: [] },
  },
  "ConnectionService/GetConnectionContext": {
    request: "GET /organizations/{org}/connections/{connection}/contexts",
  },
  "ConnectionService/UpdateConnectionContext": {
    request: "PUT /organizations/{org}/connections/{connection}/contexts",
    body: { note: "taken over" },
  },
  "ConnectionService/UpdateEnvironmentConnection": {
    request: "PATCH /connections/{social}",
    body: { provider: "GITHUB", type: "OAUTH", ui_button_title: "taken over" },
  },
  "ConnectionService/DeleteEnvironmentConnection": { request: "DELETE /connections/{social}" },
  "ConnectionService/EnableEnvironmentConnection": { request: "PATCH /connections/{social}:enable" },
  "ConnectionService/DisableEnvironmentConnection": { request: "PATCH /connections/{social}:disable" },
  "gatehouse.ConnectionService/ImportIdpMetadata": {
    request: "POST /organizations/{org}/connections/{connection}:import_metadata",
    body: { xml: "<EntityDescriptor/>" },
  },
  "gatehouse.ConnectionService/SetIdpInitiatedLogin": {
    request: "PATCH /organizations/{org}/connections/{connection}:idp_initiated_login",
    body: { allowed: false },
  },
  "ConnectionService/GetConnectionTestResult": {
    request: "GET /connections/{connection}/test-requests/{test}",
  },
  "gatehouse.TraceService/GetTrace": { request: "GET /traces/{trace}" },
  "EnvironmentService/GenerateNewSamlCertificate": {
    request: "POST /environments/{env}/saml-certificates:generate",
    body: {},
  },
  "EnvironmentService/EnableFSAFeature": {
    request: "POST /environments/{env}/features/fsa/enable",
    body: {},
  },
};

/** These take no id of anybody: they are about the caller's own environment, or are lists, tested below. */
export const withoutIds = [
  "AuditLogsService/ListAuthRequests",
  "DomainService/ListAuthorizedDomains",
  "EventsService/ListEvents",
  "EventsService/ListEventsPaginated",
  "EventsService/SendCustomEvent",
  "MembersService/CreateMember",
  "MembersService/GetCurrentMember",
  "MembersService/ListMembers",
  "MembersService/UpdateCurrentMember",
  "OrganizationService/SearchOrganization",
  ...withoutIdsOfEnvironments,
  ...withoutIdsOfWebhooks,
  "AuthService/DiscoveryAuthMethod",
  "AuthService/GetAuthCustomizations",
  "AuthService/GetAuthFeatures",
  "ClientService/CreateClient",
  "ClientService/ListClient",
  "ConnectionService/CreateEnvironmentConnection",
  "ConnectionService/ListConnections",
  "ConnectionService/ListOrganizationConnections",
  "ConnectionService/SearchOrganizationConnections",
  "gatehouse.TraceService/ListTraces",
  "EnvironmentService/DisableFSAFeature",
  "OrganizationService/CreateOrganization",
  "OrganizationService/ListOrganization",
  "RolesService/CreatePermission",
  "RolesService/CreateRole",
  "RolesService/ListPermissions",
  "RolesService/ListRoles",
  "RolesService/UpdateDefaultRoles",
  "UserService/GetCurrentUser",
  "UserService/ListUsers",
  "UserService/SearchUsers",
];

/** Members belong to the install: the contract answers an application of another environment with 403. */
export const ofFirstEnvironment = [
  "MembersService/GetMember",
  "MembersService/UpdateMember",
  "MembersService/DeleteMember",
];
