/** The page of the simulated identity provider: who signs in, or how it fails. Plain forms, no script. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Html, html } from "../../transport/page.ts";
import { attributeRows, type Failure, type NamedPerson, namedPeople, offeredDomains } from "./people.ts";

export interface ChooserInput {
  protocol: "SAML" | "OpenID Connect";
  /** For whom people sign in. */
  organization: string;
  domains: readonly string[];
  /** The path that the forms post to. */
  action: string;
  /** What the forms carry, judged again when they come back. */
  carried: Readonly<Record<string, string>>;
  /** An address that the application expects; "" for none. */
  loginHint: string;
}

const failureWords: Record<Failure, string> = {
  invalid_credentials: "Invalid user credentials",
  user_not_found: "User not found",
  server_error: "Server error",
};

/** The stylesheet that comes on top of the one of all pages. */
export const stylesheet = readFileSync(new URL("simulator.css", import.meta.url), "utf8");
export const stylesheetPath = "/simulator/simulator.css";
const stylesheetVersion = createHash("sha256").update(stylesheet).digest("base64url").slice(0, 12);

/** Browsers apply form-action to the redirects after a post too, and those lead on to any application. */
export const anyFormAction = "http: https:";

export function chooserPage(input: ChooserInput): { title: string; formAction: string; body: Html } {
  const people = namedPeople(input.domains);
  const open = html`<form method="post" action="${input.action}" autocomplete="off">${carriedFields(input)}`;
  return {
    title: "Simulated identity provider",
    formAction: anyFormAction,
    body: html`<link rel="stylesheet" href="${stylesheetPath}?v=${stylesheetVersion}">
<div class="simulator">
<header>
<p class="tag">Development only · ${input.protocol}</p>
<h1>Simulated identity provider</h1>
<p>It stands in for the company login of <strong>${input.organization}</strong>. There are no passwords: choose who signs in.</p>
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
<section aria-labelledby="failures">
<h2 id="failures">Or let it fail</h2>
${open}
<div class="failures">${Object.entries(failureWords).map(([key, words]) => failureButton(key, words))}</div>
</form>
</section>
</div>`,
  };
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
