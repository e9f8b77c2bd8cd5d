/** The page of the simulated SCIM client: which directory, and what is played against it. One form, no script. */
import { RECORDED_STORIES } from "../../protocols/scim/recorded-stories.ts";
import { PROVIDERS, type Provider, type Story } from "../../protocols/scim/stories.ts";
import { type Html, html } from "../../transport/page.ts";
import { stylesheets } from "./pages.http.ts";
import { type NamedPerson, namedPeople } from "./people.ts";
import { firstSyncSize } from "./scim-choice.ts";
import type { Happening } from "./scim-people.ts";

export interface ScimChooserInput {
  /** Of the test organization. */
  domains: readonly string[];
  /** What was entered before, but for the token; "" for none. */
  endpoint: string;
  domain: string;
}

export const scimPath = "/simulator/scim";
export const scimTitle = "Simulated SCIM client";

export const providerNames: Readonly<Record<Provider, string>> = {
  okta: "Okta",
  entra: "Microsoft Entra ID",
  onelogin: "OneLogin",
  ping: "PingOne",
  jumpcloud: "JumpCloud",
  rippling: "Rippling",
};

const happeningWords: Readonly<Record<Happening, string>> = {
  hire: "Hire",
  move: "Move to another group",
  leave: "Leave",
  return: "Come back",
};

export function scimChooserPage(input: ScimChooserInput): {
  title: string;
  formAction: string;
  wide: true;
  body: Html;
} {
  const people = namedPeople(input.domains);
  return {
    title: scimTitle,
    formAction: "'self'",
    wide: true,
    body: html`${stylesheets.chooser.link}${stylesheets.scim.link}
<div class="simulator provisioning">
<header>
<p class="tag">Development only · SCIM</p>
<h1>${scimTitle}</h1>
<p>It stands in for a company's identity provider and keeps a directory in step with it: choose what happens, and see
each request, each answer, and what became of it.</p>
</header>
<form method="post" action="${scimPath}" autocomplete="off">
<button type="submit" disabled hidden></button>
${directoryFields(input)}
<section aria-labelledby="people">
<h2 id="people">Somebody of the company</h2>
<ul class="staff">${people.map(staffRow)}</ul>
</section>
<section aria-labelledby="stories">
<h2 id="stories">What providers send</h2>
<p class="help">Requests as the products send them, each with what it expects of the answer.</p>
${PROVIDERS.map(providerStories)}
</section>
<section aria-labelledby="sync">
<h2 id="sync">The first sync of a whole company</h2>
<div class="sizes">
<div class="field"><label for="users">Users</label><input id="users" name="users" type="number" min="1" max="50000" value="${firstSyncSize.users}"></div>
<div class="field"><label for="groups">Groups</label><input id="groups" name="groups" type="number" min="0" max="1000" value="${firstSyncSize.groups}"></div>
<button type="submit" name="sync" value="1">Send</button>
</div>
</section>
</form>
</div>`,
  };
}

function directoryFields({ endpoint, domain, domains }: ScimChooserInput): Html {
  const isGiven = endpoint !== "";
  const [own, given] = isGiven ? [html``, html` checked`] : [html` checked`, html``];
  return html`<fieldset class="directory">
<legend>Directory</legend>
<label><input type="radio" name="directory" value="own"${own}> <span>The simulator's own, in the Test Organization</span></label>
<label><input type="radio" name="directory" value="yours"${given}> <span>One of mine</span></label>
<div class="given">
<div class="field"><label for="endpoint">Endpoint URL</label><input id="endpoint" name="endpoint" type="url" maxlength="2000" value="${endpoint}" placeholder="https://auth.example.com/directory/dir_…/scim/v2"></div>
<div class="names">
<div class="field"><label for="token">Bearer token</label><input id="token" name="token" type="password" maxlength="4096" autocomplete="off"></div>
<div class="field"><label for="domain">Domain of its people</label><input id="domain" name="domain" maxlength="253" value="${domain || (domains[0] ?? "example.com")}" autocapitalize="none" spellcheck="false"></div>
</div>
<p class="help">The token is sent to that address only, and neither kept nor shown again.</p>
</div>
</fieldset>`;
}

function staffRow({ key, firstName, lastName, email }: NamedPerson, index: number): Html {
  const buttons = Object.entries(happeningWords).map(
    ([happening, words]) =>
      html`<button type="submit" name="happening" value="${happening}:${key}" aria-label="${words}: ${firstName} ${lastName}">${words}</button>`,
  );
  return html`
<li>
<span class="face face-${index}" aria-hidden="true">${firstName.slice(0, 1)}${lastName.slice(0, 1)}</span>
<span class="who"><strong>${firstName} ${lastName}</strong><span>${email}</span></span>
<span class="pills">${buttons}</span>
</li>`;
}

function providerStories(provider: Provider): Html {
  const stories = RECORDED_STORIES.filter((story) => story.provider === provider);
  return html`<details class="provider" name="provider">
<summary>${providerNames[provider]} <span class="count">${stories.length} ${stories.length === 1 ? "story" : "stories"}</span></summary>
<ul class="stories">${stories.map(storyButton)}
<li><button type="submit" name="story" value="${provider}"><strong>Play all of them</strong></button></li></ul>
</details>`;
}

function storyButton({ provider, name, title, steps }: Story): Html {
  return html`
<li><button type="submit" name="story" value="${provider}/${name}">${title} <span class="count">${steps.length} requests</span></button></li>`;
}
