/**
 * The command that rotates the signing keys of the first environment, while the server runs or not. It opens the same
 * database as the server, and running servers sign with the new key at once.
 */
import { pathToFileURL } from "node:url";
import { type Config, readConfig } from "./config.ts";
import { systemCtx } from "./first-start.ts";
import { firstId } from "./modules/environments/environments.ts";
import { createEmit } from "./modules/events/events.ts";
import { type Rotation, rotate } from "./modules/keys/keys.ts";
import { openRuntime } from "./runtime.ts";
import { ctxBuilder } from "./transport/ctx.ts";

/**
 * Rotates the keys.
 * @throws ConfigError, KeyringError, ENVIRONMENT_NOT_FOUND before the first start
 */
export async function rotateKeys(config: Config): Promise<Rotation> {
  const { app, close } = await openRuntime(config);
  try {
    // A rotation announces no event, so no reactions are needed.
    return await rotate(systemCtx(ctxBuilder(app, createEmit([])), await firstId(app)));
  } finally {
    await close();
  }
}

async function run(): Promise<void> {
  try {
    const { current, next } = await rotateKeys(readConfig(process.env));
    process.stdout.write(
      `Tokens are signed with ${current} now. The next key, already published, is ${next}.\n`,
    );
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run();
