/** Which tables of errors there are, and where each code of them is seen: what docs/errors.md is made of. */
import { authErrors } from "../packages/server/src/modules/auth/errors.ts";
import { clientErrors } from "../packages/server/src/modules/clients/errors.ts";
import { connectionErrors } from "../packages/server/src/modules/connections/errors.ts";
import { directoryErrors } from "../packages/server/src/modules/directories/errors.ts";
import { domainErrors } from "../packages/server/src/modules/domains/errors.ts";
import { environmentErrors } from "../packages/server/src/modules/environments/errors.ts";
import { memberErrors } from "../packages/server/src/modules/members/errors.ts";
import { oauthErrors } from "../packages/server/src/modules/oauth/errors.ts";
import { organizationErrors } from "../packages/server/src/modules/organizations/errors.ts";
import { roleErrors } from "../packages/server/src/modules/roles/errors.ts";
import { secretErrors } from "../packages/server/src/modules/secrets/errors.ts";
import { sessionErrors } from "../packages/server/src/modules/sessions/errors.ts";
import { simulatorErrors } from "../packages/server/src/modules/simulator/errors.ts";
import { tokenErrors } from "../packages/server/src/modules/tokens/errors.ts";
import { traceErrors } from "../packages/server/src/modules/traces/errors.ts";
import { userAttributeErrors } from "../packages/server/src/modules/user-attributes/errors.ts";
import { userErrors } from "../packages/server/src/modules/users/errors.ts";
import { webhookErrors } from "../packages/server/src/modules/webhooks/errors.ts";

/** API: the error body of REST and RPC. OAuth: the JSON of RFC 6749. App: at the redirect URI. Page: in the browser. */
export type Place = "API" | "OAuth" | "app" | "page" | "nowhere";

export interface ErrorTable {
  title: string;
  /** The folder in packages/server/src/modules. */
  module: string;
  errors: object;
  /** Where the codes are seen that `places` leaves out. */
  usually: Place;
  places?: Readonly<Record<string, readonly Place[]>>;
  /** A sign-in can end with them, so each has help of its own. */
  ends?: true;
}

export const errorTables: readonly ErrorTable[] = [
  {
    title: "Sign-in",
    module: "auth",
    errors: authErrors,
    usually: "app",
    ends: true,
    places: { invalid_state: ["page", "app"], NO_SSO_FOR_EMAIL: ["API"], IDP_INITIATED_NO_TARGET: ["page"] },
  },
  {
    title: "Connections: signing in",
    module: "connections",
    errors: withCodes(connectionErrors, isProtocolCode),
    usually: "app",
    ends: true,
    places: {
      invalid_connection_id: ["app", "API"],
      invalid_state: ["page", "app"],
      invalid_saml_form_params: ["page"],
      invalid_logout_state: ["page"],
      invalid_logout_token: ["OAuth"],
      logout_replayed: ["page", "OAuth"],
    },
  },
  {
    title: "OAuth and OpenID Connect",
    module: "oauth",
    errors: oauthErrors,
    usually: "app",
    places: {
      invalid_request: ["page", "app", "OAuth"],
      invalid_client: ["page", "OAuth"],
      invalid_redirect_uri: ["page"],
      invalid_grant: ["OAuth"],
      invalid_scope: ["app", "OAuth"],
      unauthorized_client: ["OAuth"],
      unsupported_grant_type: ["OAuth"],
      UNAUTHENTICATED: ["API"],
      ORGANIZATION_CLIENT_NOT_ALLOWED: ["API"],
      invalid_token: ["OAuth"],
    },
  },
  {
    title: "Clients",
    module: "clients",
    errors: clientErrors,
    usually: "API",
    places: { invalid_client: ["OAuth"] },
  },
  { title: "API tokens", module: "tokens", errors: tokenErrors, usually: "API" },
  {
    title: "Organizations",
    module: "organizations",
    errors: organizationErrors,
    usually: "API",
    places: { PORTAL_LINK_INVALID: ["page"] },
  },
  {
    title: "Members of the dashboard",
    module: "members",
    errors: memberErrors,
    usually: "API",
    places: { MEMBER_LINK_INVALID: ["page"], MEMBER_FOREIGN_PAGE: ["page"], MEMBER_SIGNED_OUT: ["page"] },
  },
  { title: "Domains", module: "domains", errors: domainErrors, usually: "API" },
  {
    title: "Connections: settings",
    module: "connections",
    errors: withCodes(connectionErrors, (name) => !isProtocolCode(name)),
    usually: "API",
    places: { CONNECTION_NOT_FOUND: ["API", "page"] },
  },
  {
    title: "Traces",
    module: "traces",
    errors: traceErrors,
    usually: "API",
    places: { TRACE_NOT_FOUND: ["API", "page"] },
  },
  { title: "Environments", module: "environments", errors: environmentErrors, usually: "API" },
  { title: "Roles and permissions", module: "roles", errors: roleErrors, usually: "API" },
  { title: "Users", module: "users", errors: userErrors, usually: "API" },
  { title: "Sessions", module: "sessions", errors: sessionErrors, usually: "API" },
  { title: "Directories", module: "directories", errors: directoryErrors, usually: "API" },
  { title: "Declared attributes", module: "user-attributes", errors: userAttributeErrors, usually: "API" },
  { title: "Webhooks", module: "webhooks", errors: webhookErrors, usually: "API" },
  { title: "Secrets", module: "secrets", errors: secretErrors, usually: "API" },
  {
    title: "Simulated identity providers (development)",
    module: "simulator",
    errors: simulatorErrors,
    usually: "page",
    places: { SIMULATOR_CALLER_UNTRUSTED: ["nowhere"] },
  },
];

/** Codes of a protocol are in lower case, as their specifications write them; our own are in upper case. */
function isProtocolCode(name: string): boolean {
  return name === name.toLowerCase();
}

function withCodes(errors: object, wanted: (name: string) => boolean): object {
  return Object.fromEntries(Object.entries(errors).filter(([name]) => wanted(name)));
}
