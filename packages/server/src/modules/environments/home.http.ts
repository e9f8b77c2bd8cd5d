/** The door of `/`: what a person sees who opens the address that the server printed. */
import type { Config } from "../../config.ts";
import type { HttpRoute } from "../../transport/http.ts";
import { type Html, html, page } from "../../transport/page.ts";
import * as environments from "./environments.ts";

export const homeRoutes: HttpRoute[] = [
  {
    method: "GET",
    path: "/",
    errors: "page",
    async handle(ctx) {
      const { publicUrl } = await environments.current(ctx);
      const { config } = ctx.app;
      return page({
        title: "Gatehouse is running",
        body: html`<h1>Gatehouse is running</h1>${
          config.mode === "development" ? forDevelopers(config, publicUrl) : forVisitors
        }`,
      });
    },
  },
];

const forVisitors = html`<p>People sign in here from their app. Open the app to begin.</p>`;

function forDevelopers(config: Config, publicUrl: string): Html {
  const demo = `http://localhost:${config.demoPort}/`;
  const tryIt =
    config.demoPort === 0
      ? html`<p>The demo app is switched off (GATEHOUSE_DEMO_PORT is 0).</p>`
      : html`<p>Sign in by SAML and by OpenID Connect in the <a href="${demo}">demo app</a>, at a simulated
identity provider.</p>`;
  return html`${tryIt}
<p>Let a <a href="/simulator/scim">simulated SCIM client</a> hire somebody, or play what Okta and Entra ID send to a
directory.</p>
<dl>
<div><dt>Issuer</dt><dd><code>${publicUrl}</code></dd></div>
<div><dt>Discovery</dt><dd><a href="/.well-known/openid-configuration"><code>/.well-known/openid-configuration</code></a></dd></div>
<div><dt>Keys</dt><dd><a href="/keys"><code>/keys</code></a></dd></div>
<div><dt>API</dt><dd><a href="/api/v1/reference"><code>/api/v1/reference</code></a></dd></div>
<div><dt>Credentials</dt><dd><code>credentials.env</code> in the data folder</dd></div>
</dl>`;
}
