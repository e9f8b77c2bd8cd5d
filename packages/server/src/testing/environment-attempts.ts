/** How the methods of environments, sessions, secrets and attributes are called with ids of somebody else. */

import type { Attempt } from "./attempts.ts";

export const environmentAttempts: Record<string, Attempt> = {
  "EnvironmentService/GetEnvironment": { request: "GET /environments/{env}" },
  "EnvironmentService/UpdateEnvironment": {
    request: "PATCH /environments/{env}",
    body: { display_name: "taken over" },
  },
  "EnvironmentService/UpdateEnvironmentDomain": {
    request: "PATCH /environments/{env}:update",
    body: { domain: "taken-over.com" },
  },
  "EnvironmentService/GetRequiredDNSRecords": {
    request: "POST /environments/{env}/dns",
    body: { custom_domain: "taken-over.com" },
  },
  "EnvironmentService/VerifyDNSRecords": {
    request: "POST /environments/{env}/dns:verify",
    body: { custom_domain: "taken-over.com" },
  },
  "EnvironmentService/CreateCustomDomain": {
    request: "POST /environments/{env}/custom-domains",
    body: { custom_domain: "taken-over.com" },
  },
  "EnvironmentService/CheckCustomDomainStatus": {
    request: "POST /environments/{env}/custom-domains:check",
    body: {},
  },
  "EnvironmentService/UpdateFeatures": {
    request: "PUT /environments/{env}/features",
    body: [{ name: "sso", enabled: false }],
  },
  "EnvironmentService/UpdatePortalCustomization": {
    request: "PUT /environments/{env}/customizations",
    body: { logo: "taken over" },
  },
  "EnvironmentService/GetPortalCustomization": { request: "GET /portal_customizations?id={env}" },
  "EnvironmentService/EnableFeature": { request: "POST /environments/{env}/features/sso:enable" },
  "EnvironmentService/DisableFeature": { request: "POST /environments/{env}/features/sso:disable" },
  "EnvironmentService/GetFeatures": { request: "GET /features?id={env}" },
  "EnvironmentService/CreateEnvironmentSessionSettings": {
    request: "POST /environments/{env}/session-settings",
    body: { access_token_expiry: 60 },
  },
  "EnvironmentService/GetEnvironmentSessionSettings": { request: "GET /environments/{env}/session-settings" },
  "EnvironmentService/UpdateEnvironmentSessionSettings": {
    request: "PATCH /environments/{env}/session-settings",
    body: { access_token_expiry: 60 },
  },
  "EnvironmentService/CreateEnvironmentUserManagement": {
    request: "POST /environments/{env}/settings/user-management",
    body: { invitation_expiry: 60 },
  },
  "EnvironmentService/GetEnvironmentUserManagement": {
    request: "GET /environments/{env}/settings/user-management",
  },
  "EnvironmentService/UpdateEnvironmentUserManagement": {
    request: "PATCH /environments/{env}/settings/user-management",
    body: { invitation_expiry: 60 },
  },
  "EnvironmentService/GetEnvironmentTestUser": { request: "GET /environments/{env}/settings/test-user" },
  "EnvironmentService/UpdateEnvironmentTestUser": {
    request: "PATCH /environments/{env}/settings/test-user",
    body: { test_user: { enabled: true } },
  },
  "EnvironmentService/GetContext": { request: "GET /environments/{env}/contexts" },
  "EnvironmentService/UpdateContext": {
    request: "PUT /environments/{env}/contexts",
    body: { note: "taken over" },
  },
  "gatehouse.EnvironmentService/CreateFirstSecret": {
    request: "POST /environments/{env}:first_secret",
    body: {},
  },
  "SessionService/GetSession": { request: "GET /sessions/{session}" },
  "SessionService/RevokeSession": { request: "POST /sessions/{session}/revoke" },
  "SessionService/GetUserSessions": { request: "GET /users/{person}/sessions" },
  "SessionService/RevokeAllUserSessions": { request: "POST /users/{person}/sessions/revoke" },
  "SecretService/RotateSecret": { request: "POST /secrets/{sealed}:rotate" },
  "SecretService/GetSecret": { request: "GET /secrets/{sealed}?include_plaintext_secret=true" },
  "SecretService/DeleteSecret": { request: "DELETE /secrets/{sealed}" },
  "UserAttributeService/UpdateSsoUserAttribute": {
    request: "PATCH /sso-user-attributes/declared",
    body: { key: "declared", label: "Taken over", datatype: "STRING" },
  },
  "UserAttributeService/DeleteSsoUserAttribute": { request: "DELETE /sso-user-attributes/declared" },
  "UserAttributeService/UpdateDirectoryUserAttribute": {
    request: "PATCH /directory-user-attributes/declared",
    body: { key: "declared", label: "Taken over", datatype: "STRING" },
  },
  "UserAttributeService/DeleteDirectoryUserAttribute": {
    request: "DELETE /directory-user-attributes/declared",
  },
};

/** These take no id of anybody. */
export const withoutIdsOfEnvironments = [
  "EnvironmentService/CreateEnvironment",
  "EnvironmentService/GetCurrentSession",
  "EnvironmentService/GetHostScopedPublicFeatureFlags",
  "EnvironmentService/ListEnvironment",
  "SecretService/CreateSecret",
  "SecretService/ListSecrets",
  "UserAttributeService/CreateDirectoryUserAttribute",
  "UserAttributeService/CreateSsoUserAttribute",
  "UserAttributeService/ListDirectoryUserAttributes",
  "UserAttributeService/ListSsoUserAttributes",
];

/** The contract admits sessions to these, and they are about the whole environment: every end user is refused. */
export const aboutEnvironment = [
  "EnvironmentService/GetFeatures",
  "EnvironmentService/GetEnvironmentSessionSettings",
  "EnvironmentService/GetEnvironmentUserManagement",
  "EnvironmentService/GetEnvironmentTestUser",
];

/** These concern the whole environment, so an end user is refused. */
export const closedToSessions: Attempt[] = [
  { request: "GET /features?id={env}" },
  { request: "GET /environments/{env}/session-settings" },
  { request: "GET /environments/{env}/settings/user-management" },
  { request: "GET /environments/{env}/settings/test-user" },
  { request: "POST /environments", body: { display_name: "Mine" } },
  { request: "GET /sso-user-attributes" },
  {
    request: "POST /sso-user-attributes",
    body: { key: "mine", label: "Mine", datatype: "STRING" },
  },
  { request: "GET /directory-user-attributes" },
  { request: "GET /secrets" },
];
