/**
 * The jobs in the order in which they run.
 */
import type { Bench } from "../lib/bench.ts";
import { runClientCredentials } from "./client-credentials.ts";
import { runCodeFlow } from "./code-flow.ts";
import { runCreateUser } from "./create-user.ts";
import { runDiscovery, runKeys } from "./documents.ts";
import { runHostileMetadata } from "./hostile-metadata.ts";
import { runLists } from "./lists.ts";
import { runOrganizationById, runOrganizationByIdGrpc } from "./organization-by-id.ts";
import { runSamlLogin } from "./saml-login.ts";
import { runScimGroups } from "./scim-groups.ts";
import { runScimCreate, runScimFilter } from "./scim-people.ts";
import { runScimSync } from "./scim-sync.ts";
import { runSsoScale } from "./sso-scale.ts";
import { runStart } from "./start.ts";
import { runWebhooks } from "./webhooks.ts";

/** Each job by the name that `npm run bench -- <name>` takes; it answers its line. */
export const jobs: Record<string, (bench: Bench) => Promise<object>> = {
  "client-credentials": runClientCredentials,
  "code-flow": runCodeFlow,
  discovery: runDiscovery,
  keys: runKeys,
  "saml-login": runSamlLogin,
  "sso-scale": runSsoScale,
  "hostile-metadata": runHostileMetadata,
  "organization-by-id": runOrganizationById,
  "organization-by-id-grpc": runOrganizationByIdGrpc,
  "create-user": runCreateUser,
  lists: runLists,
  "scim-create": runScimCreate,
  "scim-filter": runScimFilter,
  "scim-groups": runScimGroups,
  "scim-sync": runScimSync,
  webhooks: runWebhooks,
  start: runStart,
};
