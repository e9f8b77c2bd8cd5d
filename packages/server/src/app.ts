/**
 * Puts Gatehouse together. The doors, routes and reactions stand in the reading order of the modules: rules
 * call only rules of modules above theirs, and what must flow upward is a reaction.
 */
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import type { App, Ctx } from "./context.ts";
import { withStartLock } from "./db/data-keys.store.ts";
import { isReady } from "./db/ready.ts";
import { environmentReactions, prepareFirstEnvironment, systemCtx } from "./first-start.ts";
import { auditLogsService } from "./modules/auditlogs/rpc.ts";
import { authService } from "./modules/auth/rpc.ts";
import { clientReactions } from "./modules/clients/reactions.ts";
import { clientService } from "./modules/clients/rpc.ts";
import { connectionTestRoutes } from "./modules/connections/connection-test.http.ts";
import { initRoutes } from "./modules/connections/init.http.ts";
import { oidcLogoutRoutes } from "./modules/connections/oidc-logout.http.ts";
import { connectionReactions } from "./modules/connections/reactions.ts";
import { redirectRoutes } from "./modules/connections/redirect.http.ts";
import { connectionService, gatehouseConnectionService } from "./modules/connections/rpc.ts";
import { samlRoutes } from "./modules/connections/saml.http.ts";
import { samlLogoutRoutes } from "./modules/connections/saml-logout.http.ts";
import { directoryReactions } from "./modules/directories/reactions.ts";
import { directoryService, gatehouseDirectoryService } from "./modules/directories/rpc.ts";
import { scimRoutes } from "./modules/directories/scim.http.ts";
import { domainService } from "./modules/domains/rpc.ts";
import { idOfHost } from "./modules/environments/environments.ts";
import { homeRoutes } from "./modules/environments/home.http.ts";
import { environmentService, gatehouseEnvironmentService } from "./modules/environments/rpc.ts";
import { createEmit } from "./modules/events/events.ts";
import { eventsService } from "./modules/events/rpc.ts";
import { membersService } from "./modules/members/rpc.ts";
import { workspaceCaller, workspaceRoutes } from "./modules/members/workspace.http.ts";
import { authorizeRoutes } from "./modules/oauth/authorize.http.ts";
import { documentRoutes } from "./modules/oauth/documents.http.ts";
import { tokenRoutes } from "./modules/oauth/token.http.ts";
import { callerOf } from "./modules/oauth/token-state.ts";
import { portalRoutes } from "./modules/organizations/portal.http.ts";
import { organizationService } from "./modules/organizations/rpc.ts";
import { rolesService } from "./modules/roles/rpc.ts";
import { secretService } from "./modules/secrets/rpc.ts";
import { sessionReactions } from "./modules/sessions/reactions.ts";
import { sessionService } from "./modules/sessions/rpc.ts";
import { apiTokenService } from "./modules/tokens/rpc.ts";
import { traceReactions } from "./modules/traces/reactions.ts";
import { traceService } from "./modules/traces/rpc.ts";
import { traceRoutes } from "./modules/traces/traces.http.ts";
import { userAttributeService } from "./modules/user-attributes/rpc.ts";
import { userReactions } from "./modules/users/reactions.ts";
import { userService } from "./modules/users/rpc.ts";
import { gatehouseWebhookService, webhookService } from "./modules/webhooks/rpc.ts";
import { announce } from "./modules/webhooks/subscriptions.ts";
import { type Fakes, openRuntime } from "./runtime.ts";
import { appRoutes } from "./transport/apps.ts";
import { contract } from "./transport/contract.ts";
import { ctxBuilder } from "./transport/ctx.ts";
import type { HttpRoute } from "./transport/http.ts";
import { referenceRoutes } from "./transport/reference.ts";
import { createTransport } from "./transport/transport.ts";

/** The doors of the contract, in reading order; docs/compatibility.md is generated from them. */
export const services = [
  eventsService,
  secretService,
  environmentService,
  gatehouseEnvironmentService,
  membersService,
  organizationService,
  domainService,
  rolesService,
  userService,
  userAttributeService,
  sessionService,
  clientService,
  apiTokenService,
  traceService,
  connectionService,
  gatehouseConnectionService,
  authService,
  directoryService,
  gatehouseDirectoryService,
  webhookService,
  gatehouseWebhookService,
  auditLogsService,
];

const routes: HttpRoute[] = [
  ...homeRoutes,
  ...workspaceRoutes,
  ...portalRoutes,
  ...traceRoutes,
  ...referenceRoutes,
  ...initRoutes,
  ...connectionTestRoutes,
  ...samlRoutes,
  ...samlLogoutRoutes,
  ...redirectRoutes,
  ...oidcLogoutRoutes,
  ...authorizeRoutes,
  ...tokenRoutes,
  ...documentRoutes,
  ...scimRoutes,
];

/** Run in this order, in the transaction of the change. */
const reactions = [
  ...environmentReactions,
  ...userReactions,
  ...sessionReactions,
  ...clientReactions,
  ...traceReactions,
  ...connectionReactions,
  ...directoryReactions,
];

export const emit = createEmit(reactions, announce);

const loginPages = fileURLToPath(new URL("../../../apps/login/dist", import.meta.url));

/** A running server. */
export interface Gatehouse {
  app: App;
  port: number;
  databaseUrl: string;
  /** The id of the first environment. */
  environmentId: string;
  /** A context that may all, for jobs, commands and tests; in the first environment unless another is named. */
  systemCtx(of?: string): Ctx;
  /** Development: what the simulated identity providers are wired to. */
  testOrganization:
    | { organizationId: string; samlConnectionId: string; oidcConnectionId: string }
    | undefined;
  /** @param alongside what must have ended before the database is closed */
  stop(alongside?: Promise<unknown>): Promise<void>;
}

/** Opens the database, prepares the first environment and listens. */
export async function startGatehouse(config: Config, fakes: Fakes = {}): Promise<Gatehouse> {
  const runtime = await openRuntime(config, fakes);
  const { app } = runtime;
  try {
    const createCtx = ctxBuilder(app, emit);
    const environmentId = await prepareFirstEnvironment(app, createCtx);
    const simulator =
      config.mode === "development" ? await openSimulator(systemCtx(createCtx, environmentId)) : undefined;
    const transport = createTransport({
      app,
      services,
      contract: [
        ...contract,
        traceService.service,
        gatehouseConnectionService.service,
        gatehouseEnvironmentService.service,
        gatehouseWebhookService.service,
        gatehouseDirectoryService.service,
      ],
      routes: [...routes, ...appRoutes({ login: loginPages }), ...(simulator?.routes ?? [])],
      resolveEnvironment: (host) => idOfHost(app, host),
      verifyBearer: callerOf,
      verifyCookies: workspaceCaller,
      emit,
      ready: () => isReady(app.db),
    });
    const { port } = await transport.listen();
    return {
      app,
      port,
      databaseUrl: runtime.databaseUrl,
      environmentId,
      systemCtx: (of = environmentId) => systemCtx(createCtx, of),
      testOrganization: simulator?.testOrganization,
      async stop(alongside) {
        await Promise.all([transport.stop(), alongside]);
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

/** Loaded in development only: production has no simulated identity providers, not even as code in memory. */
async function openSimulator(ctx: Ctx) {
  const { ensure } = await import("./modules/simulator/simulator.ts");
  const { simulatorRoutes } = await import("./modules/simulator/simulator.http.ts");
  // Each step commits by itself, so processes that start at once must take turns.
  const testOrganization = await withStartLock(ctx.app.db, () => ensure(ctx));
  return { testOrganization, routes: simulatorRoutes };
}
