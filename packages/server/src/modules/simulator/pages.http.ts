/**
 * The page of the simulated identity provider: who signs in, how it fails, or how the provider misbehaves. Plain
 * forms, no script.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Html, html } from "../../transport/page.ts";
import { groups, type Misbehaviour, misbehavioursOf, type Protocol } from "./misbehaviours.ts";
import { attributeRows, type Failure, type NamedPerson, namedPeople, offeredDomains } from "./people.ts";

export interface ChooserInput {
  protocol: Protocol;
  /** For whom people sign in. */
  organization: string;
  domains: readonly string[];
  /** The path that the forms post to. */
  action: string;
  /** What the forms carry, judged again when they come back. */
  carried: Readonly<Record<string, string>>;
  /** An address that the application expects; "" for none. */
  loginHint: string;
  /** The sign-in begins here: no application asked for it. */
  unasked: boolean;
}

const failureWords: Record<Failure, string> = {
  invalid_credentials: "Invalid user credentials",
  user_not_found: "User not found",
  server_error: "Server error",
};

/** The stylesheets that come on top of the one of all pages. */
export const stylesheets = { chooser: stylesheet("simulator.css"), scim: stylesheet("scim.css") };

function stylesheet(name: string): { path: string; link: Html; body: string } {
  const body = readFileSync(new URL(name, import.meta.url), "utf8");
  const path = `/simulator/${name}`;
  // The hash in the link is what lets browsers keep the file for good.
  const version = createHash("sha256").update(body).digest("base64url").slice(0, 12);
  return { path, link: html`<link rel="stylesheet" href="${path}?v=${version}">`, body };
}

/** Browsers apply form-action to the redirects after a post too, and those lead on to any application. */
export const anyFormAction = "http: https:";

export function chooserPage(input: ChooserInput): { title: string; formAction: string; body: Html } {
  const people = namedPeople(input.domains);
  const open = html`<form method="post" action="${input.action}" autocomplete="off">${carriedFields(input)}`;
  return {
    title: "Simulated identity provider",
    formAction: anyFormAction,
    body: html`${stylesheets.chooser.link}
<div class="simulator">
<header>
<p class="tag">Development only · ${input.protocol}</p>
<h1>Simulated identity provider</h1>
<p>It stands in for the company login of <strong>${input.organization}</strong>. ${input.unasked ? unaskedWords : "There are no passwords: choose who signs in."}</p>
</header>
<section aria-labelledby="people">
<h2 id="people">Sign in as</h2>
${open}
<ul class="people">${people.map((person, index) => personButton(person, index, input.loginHint))}</ul>
</form>
</section>
<details class="other"${hintedStranger(input, people) ? html` open` : html``}>
<summary>Somebody else</summary>
${open}
${strangerFields(input)}
<button type="submit">Sign in</button>
</form>
</details>
${input.unasked ? html`` : failureSection(open)}
<section aria-labelledby="misbehaviours">
<h2 id="misbehaviours">Or let it misbehave</h2>
${open}
${misbehaviourFields(input, people)}
</form>
</section>
</div>`,
  };
}

const unaskedWords =
  "Nobody asked for this sign-in: it begins here, as by a tile on the identity provider's dashboard. Choose who opens the app.";

/** What the user sees of a SAML identity provider that is down; the application is told nothing. */
export const downPage = {
  title: "The identity provider is down",
  status: 503,
  body: html`<h1>The identity provider is down</h1>
<p class="what">This is the simulated identity provider, which was told to fail: a real one would answer with an error of its own now.</p>
<p>The application learns nothing of it. It is still waiting, and its sign-in ends by itself after ten minutes: go back to it and start again.</p>`,
};

function failureSection(open: Html): Html {
  return html`<section aria-labelledby="failures">
<h2 id="failures">Or let it fail</h2>
${open}
<div class="failures">${Object.entries(failureWords).map(([key, words]) => failureButton(key, words))}</div>
</form>
</section>`;
}

function misbehaviourFields({ protocol, loginHint }: ChooserInput, people: readonly NamedPerson[]): Html {
  const options = people.map(({ key, firstName, lastName, email }) =>
    email === loginHint.toLowerCase()
      ? html`<option value="${key}" selected>${firstName} ${lastName}</option>`
      : html`<option value="${key}">${firstName} ${lastName}</option>`,
  );
  const offered = misbehavioursOf(protocol);
  return html`<div class="victim"><label for="victim">while signing in</label>
<select id="victim" name="person">${options}</select></div>
<dl class="ways">${groups.map((group) => groupOfWays(group, offered))}</dl>`;
}

function groupOfWays(group: string, offered: readonly Misbehaviour[]): Html {
  const ways = offered.filter((way) => way.group === group);
  if (ways.length === 0) return html``;
  const buttons = ways.map(
    ({ key, label }) => html`<button type="submit" name="misbehaviour" value="${key}">${label}</button>`,
  );
  return html`
<div><dt>${group}</dt><dd>${buttons}</dd></div>`;
}

function carriedFields({ carried }: ChooserInput): Html[] {
  return Object.entries(carried).map(
    ([name, value]) => html`\n<input type="hidden" name="${name}" value="${value}">`,
  );
}

function personButton(person: NamedPerson, index: number, loginHint: string): Html {
  const { firstName, lastName, email, key } = person;
  const expected = email === loginHint.toLowerCase() ? html` <span class="hint">expected</span>` : html``;
  return html`
<li><button type="submit" name="person" value="${key}">
<span class="face face-${index}" aria-hidden="true">${firstName.slice(0, 1)}${lastName.slice(0, 1)}</span>
<span class="who"><strong>${firstName} ${lastName}</strong>${expected}<span>${email}</span></span>
</button></li>`;
}

function failureButton(key: string, words: string): Html {
  return html`<button type="submit" name="failure" value="${key}">${words}</button>`;
}

/** An application that expects somebody whom the list does not show finds the form open and filled in. */
function hintedStranger({ loginHint }: ChooserInput, people: readonly NamedPerson[]): boolean {
  return loginHint !== "" && !people.some(({ email }) => email === loginHint.toLowerCase());
}

function strangerFields({ domains, loginHint }: ChooserInput): Html {
  const offered = offeredDomains(domains);
  const at = loginHint.lastIndexOf("@");
  const hintedDomain = loginHint.slice(at + 1).toLowerCase();
  const isOffered = at > 0 && offered.includes(hintedDomain);
  const options = offered.map((domain) =>
    isOffered && domain === hintedDomain
      ? html`<option value="${domain}" selected>@${domain}</option>`
      : html`<option value="${domain}">@${domain}</option>`,
  );
  return html`<div class="field">
<label for="mailbox">E-mail address</label>
<div class="address">
<input id="mailbox" name="mailbox" required maxlength="254" value="${isOffered ? loginHint.slice(0, at) : loginHint}" autocapitalize="none" spellcheck="false" aria-describedby="mailbox-help">
<select name="domain" aria-label="Domain">${options}</select>
</div>
<p class="help" id="mailbox-help">For another domain, write the whole address.</p>
</div>
<div class="names">
<div class="field"><label for="first-name">First name</label><input id="first-name" name="first_name" maxlength="100"></div>
<div class="field"><label for="last-name">Last name</label><input id="last-name" name="last_name" maxlength="100"></div>
</div>
<fieldset>
<legend>Custom attributes</legend>
${Array.from({ length: attributeRows }, (_, row) => attributeRow(row + 1))}
</fieldset>`;
}

function attributeRow(row: number): Html {
  return html`<div class="attribute">
<input name="attribute_name" maxlength="100" placeholder="name" aria-label="Name of attribute ${row}" autocapitalize="none" spellcheck="false">
<input name="attribute_value" maxlength="1000" placeholder="value" aria-label="Value of attribute ${row}">
</div>`;
}
