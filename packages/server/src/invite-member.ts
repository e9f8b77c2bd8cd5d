/**
 * The command that makes a sign-in link for the dashboard, while the server runs or not: for a member, or for somebody
 * who becomes one. The first member becomes ADMIN; others become USER unless `--admin` is given.
 */
import { pathToFileURL } from "node:url";
import { type Config, readConfig } from "./config.ts";
import { systemCtx } from "./first-start.ts";
import { firstId } from "./modules/environments/environments.ts";
import { createEmit } from "./modules/events/events.ts";
import { inviteByEmail } from "./modules/members/invitations.ts";
import { openRuntime } from "./runtime.ts";
import { ctxBuilder } from "./transport/ctx.ts";

const usage = "Usage: invite-member.ts <e-mail address> [--admin]";

/**
 * Makes a link.
 * @throws ConfigError, KeyringError, INVALID_ARGUMENT for what is no address, ENVIRONMENT_NOT_FOUND before the first
 * start
 */
export async function inviteMember(config: Config, email: string, role?: "ADMIN"): Promise<string> {
  const { app, close } = await openRuntime(config);
  try {
    // Nothing reacts to what is announced of members.
    const ctx = systemCtx(ctxBuilder(app, createEmit([])), await firstId(app));
    return await inviteByEmail(ctx, email, role);
  } finally {
    await close();
  }
}

async function run(): Promise<void> {
  const [email, ...options] = process.argv.slice(2);
  try {
    if (email === undefined || options.some((option) => option !== "--admin")) throw new Error(usage);
    const role = options.length > 0 ? "ADMIN" : undefined;
    const link = await inviteMember(readConfig(process.env), email, role);
    process.stdout.write(`Opens the dashboard once, within 15 minutes:\n${link}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run();
