/** How long sessions and tokens of an environment last, and its session cookie. A change applies to new sessions. */
import { parse } from "tldts";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { customDomainOf } from "./addresses.ts";
import { changeSettings, storedSettings } from "./change-settings.ts";
import { reach } from "./reach.ts";
import { defaultSession, type SessionSettings, settingsOf } from "./settings.ts";

export type { SessionSettings };

/** @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER */
export async function get(ctx: Ctx, id: string): Promise<SessionSettings> {
  return settingsOf(await storedSettings(await reach(ctx, id))).session;
}

/** Sets all of them; what is absent gets its default. @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT */
export async function replace(
  ctx: Ctx,
  id: string,
  input: Partial<SessionSettings>,
): Promise<SessionSettings> {
  return write(ctx, id, () => ({ ...defaultSession, ...input }), input);
}

/** Changes the given ones. @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT */
export async function update(
  ctx: Ctx,
  id: string,
  input: Partial<SessionSettings>,
): Promise<SessionSettings> {
  return write(ctx, id, (before) => ({ ...before, ...input }), input);
}

async function write(
  ctx: Ctx,
  id: string,
  next: (before: SessionSettings) => SessionSettings,
  input: Partial<SessionSettings>,
): Promise<SessionSettings> {
  const written = await changeSettings(await reach(ctx, id), "session", (_ctx, { stored, publicUrl }) => {
    const after = next(settingsOf(stored).session);
    requireDescending(after);
    if (input.cookieSameSite !== undefined || input.cookieCustomDomain !== undefined)
      requireUsableCookie(after, publicUrl);
    return after;
  });
  return { ...defaultSession, ...written };
}

/** Absolute timeout, idle timeout and access token must each outlast the next: else the next means nothing. */
function requireDescending(settings: SessionSettings): void {
  const { absoluteSessionTimeout, idleSessionTimeout, idleSessionEnabled, accessTokenExpiry } = settings;
  const longest = idleSessionEnabled ? idleSessionTimeout : absoluteSessionTimeout;
  if (idleSessionEnabled && idleSessionTimeout >= absoluteSessionTimeout) {
    const problem = `value must be less than absolute_session_timeout, which is ${absoluteSessionTimeout} minutes`;
    throw invalidArgument("session_settings.idle_session_timeout", "session.descending", problem);
  }
  if (accessTokenExpiry >= longest) {
    const problem = `value must be less than the session's own timeout, which is ${longest} minutes`;
    throw invalidArgument("session_settings.access_token_expiry", "session.descending", problem);
  }
}

/** A cookie that browsers refuse in silence would sign nobody in. */
function requireUsableCookie(settings: SessionSettings, publicUrl: string): void {
  const { protocol, hostname } = new URL(publicUrl);
  if (settings.cookieSameSite === "NONE_MODE" && protocol !== "https:") {
    const problem = "NONE_MODE needs an environment at an https address: browsers refuse such a cookie else";
    throw invalidArgument("session_settings.cookie_same_site_setting", "cookie.https", problem);
  }
  const domain = settings.cookieCustomDomain;
  if (domain === "") return;
  const isParent = hostname === domain || hostname.endsWith(`.${domain}`);
  const isOnesOwn = customDomainOf(domain) === domain && parse(domain, { allowPrivateDomains: true }).domain;
  if (protocol === "https:" && isParent && isOnesOwn) return;
  const problem = `value must be a domain above ${hostname}, or itself, that is no public suffix, at an https address`;
  throw invalidArgument("session_settings.cookie_custom_domain", "cookie.domain", problem);
}
