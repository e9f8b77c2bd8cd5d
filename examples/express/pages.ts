/** The frame of every page, and the pages of somebody who is not signed in. */
import { html, type Markup } from "./html.ts";

export interface Shortcuts {
  organizationId?: string | undefined;
  samlConnectionId?: string | undefined;
  oidcConnectionId?: string | undefined;
}

interface PageParts {
  title: string;
  body: Markup;
  /** Stands at the right of the top bar. */
  aside?: Markup;
}

/** A whole document around a page's body. */
export function page({ title, body, aside }: PageParts): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Demo app</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar"><a class="brand" href="/"><span class="mark" aria-hidden="true"></span>Demo app</a>${aside}</header>
<main>${body}</main>
<footer>An Express app on the official SDK. Its source is in <code>examples/express</code>.</footer>
</body>
</html>`;
}

/** The first page: four ways to begin a sign-in, each with the SDK option that it stands for, and what else may happen. */
export function welcomePage(view: { environmentUrl: string; shortcuts: Shortcuts }): Markup {
  return page({
    title: "Sign in",
    body: html`<section class="intro">
<h1>Sign in with your company account</h1>
<p>Four ways to begin, each one call of the SDK. The pages that follow are served by
<code>${new URL(view.environmentUrl).host}</code>, which brings you back here.</p>
</section>
<div class="ways">${[byDomain(), byOrganization(view.shortcuts), byConnection(view.shortcuts), byHostedPage()]}</div>
${view.shortcuts.samlConnectionId ? beyond(view.environmentUrl) : undefined}`,
  });
}

// Both need the simulated identity provider.
function beyond(environmentUrl: string): Markup {
  return html`<div class="ways">
<section class="card">
<h2>Begun at the identity provider</h2>
<p>Somebody opens this app from the company's own dashboard. What arrives signs nobody in: it makes this app begin a
sign-in of its own, at <code>/login</code>. The simulated one has no sessions, so it asks twice.</p>
<p class="line"><a class="button" href="${environmentUrl}/simulator/saml/start">Open the dashboard</a></p>
</section>
<section class="card">
<h2>What if it fails?</h2>
<p>The simulated identity provider misbehaves on demand: expired, unsigned, meant for another app, down. See what
your app is told, and how a trace explains it.</p>
<p class="line"><a class="button" href="/failures">Let it fail</a></p>
</section>
</div>`;
}

/** What the browser returns to when the shared session has ended. */
export function signedOutPage(): Markup {
  return page({
    title: "Signed out",
    body: html`<section class="notice">
<p class="sign good" aria-hidden="true">✓</p>
<h1>You are signed out</h1>
<p>Your session here has ended, and so has the one that all apps of this environment share.</p>
<p><a class="button" href="/">Sign in again</a></p>
</section>`,
  });
}

function byDomain(): Markup {
  return way({
    title: "By your e-mail's domain",
    text: "The domain tells which company you belong to, and so where you sign in.",
    options: ", { domainHint, loginHint }",
    body: html`<form action="/login" class="line">
<label class="hidden" for="email">Work e-mail</label>
<input id="email" name="email" type="email" autocomplete="username" placeholder="you@example.com" required>
<button>Continue</button>
</form>`,
  });
}

function byOrganization({ organizationId }: Shortcuts): Markup {
  return way({
    title: "By organization",
    text: "For a page that already knows the customer, such as acme.yourapp.com.",
    options: ", { organizationId }",
    body: html`<form action="/login" class="line">
<label class="hidden" for="organization">Organization id</label>
<input id="organization" name="organization_id" placeholder="org_…" value="${organizationId}" spellcheck="false" required>
<button>Continue</button>
</form>`,
  });
}

function byConnection({ samlConnectionId, oidcConnectionId }: Shortcuts): Markup {
  const ready = [
    ...(samlConnectionId ? [connectionLink(samlConnectionId, "SAML")] : []),
    ...(oidcConnectionId ? [connectionLink(oidcConnectionId, "OpenID Connect")] : []),
  ];
  return way({
    title: "By connection",
    text:
      ready.length > 0
        ? "Straight to one identity provider. These two are simulated: no account is needed."
        : "Straight to one identity provider, past every other choice.",
    options: ", { connectionId }",
    body: ready.length > 0 ? html`<p class="line">${ready}</p>` : connectionForm(),
  });
}

function connectionLink(connectionId: string, protocol: string): Markup {
  return html`<a class="button" href="/login?connection_id=${encodeURIComponent(connectionId)}">${protocol}</a>`;
}

function connectionForm(): Markup {
  return html`<form action="/login" class="line">
<label class="hidden" for="connection">Connection id</label>
<input id="connection" name="connection_id" placeholder="conn_…" spellcheck="false" required>
<button>Continue</button>
</form>`;
}

function byHostedPage(): Markup {
  return way({
    title: "With the hosted page",
    text: "No choice made here: the sign-in page asks for an e-mail and finds the way.",
    options: "",
    body: html`<p class="line"><a class="button" href="/login">Go to the sign-in page</a></p>`,
  });
}

function way(parts: { title: string; text: string; options: string; body: Markup }): Markup {
  return html`<section class="card way">
<h2>${parts.title}</h2>
<p>${parts.text}</p>
${parts.body}
<pre><code>getAuthorizationUrl(redirectUri${parts.options})</code></pre>
</section>`;
}
