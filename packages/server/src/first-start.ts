/**
 * The first start: makes the first environment with its keys, roles and application, and writes the
 * application's credentials where the SDKs' users look for them. Later starts find all of it there.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { App, Ctx } from "./context.ts";
import { withStartLock } from "./db/data-keys.store.ts";
import { replaceFile } from "./lib/whole-files.ts";
import * as clients from "./modules/clients/clients.ts";
import * as secrets from "./modules/clients/secrets.ts";
import * as environments from "./modules/environments/environments.ts";
import { environmentCreated } from "./modules/environments/events.ts";
import { on } from "./modules/events/events.ts";
import * as keys from "./modules/keys/keys.ts";
import * as defaultRoles from "./modules/roles/defaults.ts";
import type { CreateCtx } from "./transport/ctx.ts";

/** Who acts where no request does: it may all that a dashboard member may. */
export function systemCtx(createCtx: CreateCtx, environmentId: string): Ctx {
  const request = { id: "start", ip: "", userAgent: "gatehouse" };
  return createCtx(request, environmentId, { kind: "WORKSPACE", memberId: "system" });
}

/**
 * Makes what is missing, in one transaction: several processes may start at once, and one that is killed
 * leaves nothing half made.
 * @returns the id of the first environment
 */
export async function prepareFirstEnvironment(app: App, createCtx: CreateCtx): Promise<string> {
  const { environmentId, clientId } = await withStartLock(app.db, async (db) => {
    const environmentId = await environments.ensureFirst(app, db);
    const ctx = Object.assign(systemCtx(createCtx, environmentId), { db });
    return { environmentId, clientId: await furnish(ctx) };
  });
  // After the commit: a file may be missing, and is then made anew, but never names a secret that no row has.
  await withStartLock(app.db, () => writeCredentials(app, systemCtx(createCtx, environmentId), clientId));
  return environmentId;
}

/** What every environment starts with, in the transaction that makes it. */
export const environmentReactions = [
  on(environmentCreated, async (ctx) => {
    await furnish(ctx);
  }),
];

/** @returns the id of the environment's own application */
async function furnish(ctx: Ctx): Promise<string> {
  await keys.ensure(ctx);
  await defaultRoles.ensureDefaults(ctx);
  return (await clients.ensureDefault(ctx)).id;
}

/** Where the credentials of the first environment stand. */
export function credentialsFile(app: App): string {
  return path.join(app.config.dataDir, "credentials.env");
}

/**
 * Writes the credentials once; later only the address is brought up to date. The secret is stored as a hash,
 * so a lost file cannot be written again: the application then gets a further secret. So it does where the file is
 * of another database, which this folder served before.
 */
async function writeCredentials(app: App, ctx: Ctx, clientId: string): Promise<void> {
  const file = credentialsFile(app);
  const former = existsSync(file) ? readFileSync(file, "utf8") : "";
  const address = `SCALEKIT_ENVIRONMENT_URL=${app.config.publicUrl}`;
  const client = `SCALEKIT_CLIENT_ID=${clientId}`;
  if (!former.split(/\r?\n/).includes(client)) {
    const secret = await secrets.create(ctx, clientId);
    mkdirSync(app.config.dataDir, { recursive: true });
    replaceFile(file, `${address}\n${client}\nSCALEKIT_CLIENT_SECRET=${secret}\n`);
    return;
  }
  const current = former.replace(/^SCALEKIT_ENVIRONMENT_URL=.*$/m, () => address);
  if (current !== former) replaceFile(file, current);
}
