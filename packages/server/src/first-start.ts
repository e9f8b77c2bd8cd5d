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
    await keys.ensure(ctx);
    await defaultRoles.ensureDefaults(ctx);
    return { environmentId, clientId: (await clients.ensureDefault(ctx)).id };
  });
  // After the commit: a file may be missing, and is then made anew, but never names a secret that no row has.
  await withStartLock(app.db, () => writeCredentials(app, systemCtx(createCtx, environmentId), clientId));
  return environmentId;
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
