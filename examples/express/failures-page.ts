/** The page about failing: what a simulated identity provider can do wrong, and what this app is told then. */
import { html, type Markup } from "./html.ts";
import { page, type Shortcuts } from "./pages.ts";

interface Way {
  /** The button of the simulated identity provider. */
  button: string;
  /** What is wrong with its answer. */
  wrong: string;
  /** The `error` that comes back, by protocol; left out where it cannot happen. */
  saml?: string;
  oidc?: string;
}

const idToken = "invalid_id_token";

const ways: Readonly<Record<string, Way[]>> = {
  Time: [
    { button: "Expired", wrong: "The answer is an hour old.", saml: "response_expired", oidc: idToken },
    {
      button: "Not valid yet",
      wrong: "It is valid in an hour only: one clock is wrong.",
      saml: "invalid_saml_response",
      oidc: idToken,
    },
    {
      button: "Used twice",
      wrong: "The same answer comes again: the first time signs in, the second is refused.",
      saml: "invalid_saml_response",
    },
  ],
  Addressee: [
    {
      button: "Wrong audience",
      wrong: "It is meant for another app.",
      saml: "invalid_saml_response",
      oidc: idToken,
    },
    { button: "Wrong recipient", wrong: "It is addressed to another place.", saml: "invalid_acs_url" },
    {
      button: "Wrong issuer",
      wrong: "It comes from another provider.",
      saml: "invalid_saml_response",
      oidc: idToken,
    },
    { button: "Wrong nonce", wrong: "It answers the sign-in of somebody else.", oidc: idToken },
  ],
  Signature: [
    {
      button: "Unsigned",
      wrong: "Anybody could have written it.",
      saml: "signature_validation_failed",
      oidc: idToken,
    },
    {
      button: "Signed by an old key",
      wrong: "The provider has a new certificate, and nobody was told.",
      saml: "signature_validation_failed",
      oidc: idToken,
    },
    {
      button: "HMAC with the public key",
      wrong: "A forger uses what all can read as the secret.",
      oidc: idToken,
    },
    {
      button: "Encrypted with the wrong key",
      wrong: "Nobody here can read it.",
      saml: "invalid_saml_response",
    },
  ],
  User: [
    {
      button: "No e-mail address",
      wrong: "It does not say who the user is.",
      saml: "mandatory_attribute_missing",
      oidc: "mandatory_attribute_missing",
    },
    {
      button: "Unverified e-mail address",
      wrong: "Somebody registered with the address of a colleague.",
      oidc: "unauthorized",
    },
  ],
  Provider: [
    {
      button: "Slow (15 s)",
      wrong: "It takes longer than the ten seconds it is given.",
      oidc: "server_error",
    },
    {
      button: "Down",
      wrong: "It is not there. With SAML only the user meets it, and the app hears nothing.",
      saml: "no answer",
      oidc: "server_error",
    },
  ],
};

/** How to let a sign-in fail, and every way in which it can. */
export function failuresPage({ samlConnectionId, oidcConnectionId }: Shortcuts): Markup {
  const starts = [
    ...(samlConnectionId ? [start(samlConnectionId, "SAML")] : []),
    ...(oidcConnectionId ? [start(oidcConnectionId, "OpenID Connect")] : []),
  ];
  return page({
    title: "What if it fails?",
    body: html`<section class="intro">
<h1>What if it fails?</h1>
<p>Sign-in breaks at the customer's side: a certificate changes, a clock is wrong, a field is missing. Begin a
sign-in, and at the simulated identity provider press a button under “Or let it misbehave”. This app then shows what
it was told, with a link to the trace: what arrived, what was expected, and how to mend it.</p>
<p class="line">${starts.length > 0 ? starts : html`This environment has no simulated identity provider.`}</p>
</section>
<div class="failures">${Object.entries(ways).map(([group, rows]) => groupCard(group, rows))}</div>`,
  });
}

// Whoever is signed in already would come back at once: `fresh` asks for a sign-in all the same.
function start(connectionId: string, protocol: string): Markup {
  return html`<a class="button" href="/login?connection_id=${encodeURIComponent(connectionId)}&amp;fresh=1">Sign in by ${protocol}</a>`;
}

function groupCard(group: string, rows: Way[]): Markup {
  return html`<section class="card"><h2>${group}</h2>
<dl>${rows.map(
    ({ button, wrong, saml, oidc }) => html`<div><dt>${button}</dt><dd>${wrong}
<span class="codes">${[told("SAML", saml), told("OpenID Connect", oidc)]}</span></dd></div>`,
  )}</dl></section>`;
}

function told(protocol: string, error: string | undefined): Markup {
  return error ? html`<span>${protocol}: <code>${error}</code></span>` : html``;
}
