/** The page that lists the accounts; it looks again every two seconds. */
import { html, type Markup } from "../express/html.ts";
import type { Account } from "./accounts.ts";

/** A whole document. @param simulatorUrl where somebody can be hired for a try */
export function accountsPage(accounts: readonly Account[], simulatorUrl?: string): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="2">
<title>Accounts · Provisioning example</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar"><a class="brand" href="/"><span class="mark" aria-hidden="true"></span>Provisioning example</a></header>
<main>
<section class="intro">
<h1>Accounts</h1>
<p>Nobody signed up here. Each account was made, changed or closed by a webhook about a customer's directory.</p>
${simulatorUrl === undefined ? undefined : html`<p class="line"><a class="button" href="${simulatorUrl}" target="_blank">Hire somebody</a></p>`}
</section>
<div class="ways">${accounts.length === 0 ? nobody() : accounts.map(row)}</div>
</main>
<footer>An Express app on the official SDK. Its source is in <code>examples/provisioning</code>.</footer>
</body>
</html>`;
}

function nobody(): Markup {
  return html`<section class="card">
<h2>Nobody yet</h2>
<p>As soon as a directory sends a person, their account is here.</p>
</section>`;
}

function row(account: Account): Markup {
  const access = account.isActive ? html`<strong>active</strong>` : html`access ended`;
  const groups = account.groups.length > 0 ? html`<br>Groups: ${account.groups.join(", ")}` : undefined;
  const roles = account.roles.length > 0 ? html`<br>Roles: ${account.roles.join(", ")}` : undefined;
  return html`<section class="card">
<h2>${account.name}</h2>
<p>${account.email} · ${access}${groups}${roles}<br><code>${account.organizationId}</code></p>
</section>`;
}
