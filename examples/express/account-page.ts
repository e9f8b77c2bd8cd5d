/** The page of somebody who is signed in: who they are, how long the access token lives, and what the tokens say. */
import { html, type Markup } from "./html.ts";
import { page } from "./pages.ts";
import type { Claims, Session } from "./sessions.ts";

interface AccountView {
  session: Session;
  /** The SDK's verdict on the access token at this moment. */
  isAccessTokenValid: boolean;
  now: Date;
}

const meanings: Record<string, string> = {
  iss: "who issued it",
  aud: "which app it is for",
  azp: "which app asked for it",
  client_id: "which app asked for it",
  sub: "the user, for good",
  oid: "the organization",
  xoid: "your own id of the organization",
  xuid: "your own id of the user",
  sid: "the session",
  jti: "this very token",
  amr: "the connection used",
  auth_time: "when the user proved who they are",
  iat: "issued",
  nbf: "valid from",
  exp: "valid until",
  nonce: "echo of the request",
  at_hash: "binds the access token",
  c_hash: "binds the code",
  roles: "roles in the organization",
  permissions: "what the roles allow",
  scope: "what was granted",
};

const instants = new Set(["iat", "nbf", "exp", "auth_time"]);

/** Who is signed in, with buttons to refresh and to sign out. */
export function accountPage(view: AccountView): Markup {
  const { idClaims, accessClaims } = view.session;
  return page({
    title: "Account",
    aside: html`<form method="post" action="/logout"><button class="quiet">Sign out</button></form>`,
    body: html`<div class="top">${[identity(view.session), access(view)]}</div>
<div class="tokens">${[
      claimTable("ID token", "Who you are. Checked once, at sign-in.", idClaims),
      claimTable("Access token", "What a request may do. Checked on every request.", accessClaims),
    ]}</div>`,
  });
}

function identity({ user, idClaims }: Session): Markup {
  const name = user.name || user.email || user.id;
  const [connection] = Array.isArray(idClaims.amr) ? idClaims.amr : [];
  return html`<section class="card identity">
<div class="who"><span class="avatar" aria-hidden="true">${initials(name)}</span>
<div><h1>${name}</h1><p>${user.email}</p></div></div>
<dl class="facts">
${[fact("Organization", idClaims.oid), fact("Signed in through", connection), fact("User", user.id), fact("Session", idClaims.sid)]}
</dl>
</section>`;
}

function access({ session, isAccessTokenValid, now }: AccountView): Markup {
  const { accessClaims: claims, refreshToken, refreshedAt } = session;
  const left = Math.max(0, Number(claims.exp) - Math.floor(now.getTime() / 1000));
  return html`<section class="card access">
<h2>Access token <span class="badge ${isAccessTokenValid ? "good" : "bad"}">${isAccessTokenValid ? "valid" : "not valid"}</span></h2>
<p class="left">${left > 0 ? `${duration(left)} left` : "Expired"}</p>
<progress aria-label="Time left" max="${Number(claims.exp) - Number(claims.iat)}" value="${left}"></progress>
<dl class="facts">${[fact("Roles", list(claims.roles)), fact("Permissions", list(claims.permissions))]}</dl>
${refreshToken ? refreshForm(refreshedAt) : html`<p>This environment gave no refresh token: sign in again when it expires.</p>`}
</section>`;
}

function refreshForm(refreshedAt: Date | undefined): Markup {
  return html`<form method="post" action="/refresh" class="line"><button>Refresh tokens</button>
${refreshedAt ? html`<span class="note" role="status">Refreshed at ${time(refreshedAt)}</span>` : undefined}</form>`;
}

function claimTable(title: string, text: string, claims: Claims): Markup {
  const rows = Object.entries(claims).map(
    ([name, value]) => html`<tr><th scope="row"><code>${name}</code></th>
<td><span class="value">${printed(name, value)}</span>${meaning(name)}</td></tr>`,
  );
  return html`<section class="card"><h2>${title}</h2><p>${text}</p>
<table>${rows}</table></section>`;
}

function meaning(name: string): Markup | undefined {
  return Object.hasOwn(meanings, name) ? html`<span class="meaning">${meanings[name]}</span>` : undefined;
}

function fact(name: string, value: unknown): Markup {
  return html`<div><dt>${name}</dt><dd>${typeof value === "string" && value !== "" ? value : "none"}</dd></div>`;
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : "";
}

function printed(name: string, value: unknown): string {
  if (instants.has(name) && typeof value === "number") return time(new Date(value * 1000));
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return value.join(", ") || "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function time(instant: Date): string {
  return instant
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter((word) => word !== "");
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
}
