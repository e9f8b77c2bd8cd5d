/** The directory that the simulated SCIM client keeps in step: the simulator's own, or one of the developer's. */
import type { App, Ctx } from "../../context.ts";
import { normalizeEmail } from "../../protocols/saml/normalize-email.ts";
import * as directories from "../directories/directories.ts";
import * as secrets from "../directories/secrets.ts";
import * as switching from "../directories/switching.ts";
import * as environments from "../environments/environments.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { domainsOf, testOrganizationId } from "./simulator.ts";

export interface Target {
  /** The endpoint URL, without a slash at its end. */
  base: string;
  token: string;
  /** Where its people have their addresses. */
  domains: readonly string[];
  /** Undefined for one that the developer entered: what it causes is not shown to who merely has a token. */
  own: Own | undefined;
}

interface Own {
  organizationId: string;
  directoryId: string;
}

interface Opened extends Own {
  token: string;
}

const directoryName = "Simulated identity provider";
const longestUrl = 2_000;
const longestToken = 4_096;

/** In memory only, so that no token is stored where another process or person could read it. */
const remembered = new WeakMap<App, Map<string, Promise<Opened>>>();

/**
 * Reads which directory a form means: `directory` is "own", or "yours" with `endpoint`, `token` and `domain`.
 * @throws SIMULATOR_INPUT_INVALID, SIMULATOR_NOT_SET_UP
 */
export async function readTarget(ctx: Ctx, form: URLSearchParams): Promise<Target> {
  return form.get("directory") === "yours" ? givenTarget(form) : ownTarget(ctx);
}

/**
 * The simulator's directory in the test organization, made when there is none. Its token is made anew in each process
 * and whenever somebody has replaced it.
 * @throws SIMULATOR_NOT_SET_UP
 */
export async function ownTarget(ctx: Ctx): Promise<Target> {
  const { organizationId, directoryId, token } = await ownDirectory(ctx);
  const { publicUrl } = await environments.current(ctx);
  return {
    base: `${publicUrl}/directory/${directoryId}/scim/v2`,
    token,
    domains: await domainsOf(ctx, organizationId),
    own: { organizationId, directoryId },
  };
}

/** Each waits for the one before, so that many at once make one directory and one token. */
function ownDirectory(ctx: Ctx): Promise<Opened> {
  const known = remembered.get(ctx.app) ?? new Map<string, Promise<Opened>>();
  remembered.set(ctx.app, known);
  const opened = openAgain(ctx, known.get(ctx.environmentId));
  known.set(ctx.environmentId, opened);
  return opened;
}

async function openAgain(ctx: Ctx, former: Promise<Opened> | undefined): Promise<Opened> {
  const last = await former?.catch(() => undefined);
  if (last && (await secrets.open(ctx, last.directoryId, last.token))) return last;
  const organizationId = await testOrganizationId(ctx);
  const all = await directories.list(ctx, organizationId);
  const found = all.find(({ id, name }) => id === last?.directoryId || name === directoryName);
  const { id: directoryId } = found ?? (await create(ctx, organizationId));
  const { plain: token } = await secrets.regenerate(ctx, organizationId, directoryId);
  return { organizationId, directoryId, token };
}

async function create(ctx: Ctx, organizationId: string): Promise<directories.Directory> {
  const provider = "DIRECTORY_PROVIDER_UNSPECIFIED";
  const { id } = await directories.create(ctx, organizationId, { type: "SCIM", provider });
  return switching.update(ctx, organizationId, id, { name: directoryName });
}

function givenTarget(form: URLSearchParams): Target {
  const domain = (form.get("domain") ?? "").trim().toLowerCase().replace(/^@/, "");
  if (!normalizeEmail(`ada@${domain}`)) throw errors.SIMULATOR_INPUT_INVALID(`"${domain}" is no domain`);
  return {
    base: endpointOf((form.get("endpoint") ?? "").trim()),
    token: tokenOf((form.get("token") ?? "").trim()),
    domains: [domain],
    own: undefined,
  };
}

/** Without the query that Entra's administrators append (`aadOptscim062020`). */
function endpointOf(entered: string): string {
  const url = entered.length > longestUrl ? null : URL.parse(entered);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw errors.SIMULATOR_INPUT_INVALID(
      "The endpoint URL must be an http or https URL without a user name, such as https://auth.example.com/directory/dir_…/scim/v2",
    );
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** What a header can carry (RFC 9110 section 5.5); the token itself is not repeated. */
function tokenOf(entered: string): string {
  if (entered.length > longestToken || !/^[\x21-\x7e]+$/.test(entered))
    throw errors.SIMULATOR_INPUT_INVALID("The token is missing, or holds what no header can carry");
  return entered;
}
