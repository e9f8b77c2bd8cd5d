/** What strangers can make the server write down is bounded, and goes to nobody whom they merely name. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createOidcTenant, createOrganization } from "../../testing/connections.ts";
import { authorizeUrl, createSamlTenant, readAuthnRequest, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

const tracesOf = async (connectionId: string) =>
  (await app.app.db.selectFrom("traces").select("id").where("connection_id", "=", connectionId).execute())
    .length;

test("tests of a connection whose provider is down fill no table", async () => {
  const { connectionId } = await createOidcTenant(app, "broken.example", () => ({
    issuer: "https://127.0.0.1:1/",
    client_id: "x",
    client_secret: "y",
  }));
  for (let i = 0; i < 120; i++)
    await fetch(`${app.url}/sso/v1/oidc/${connectionId}/test`, { redirect: "manual" });
  expect(await tracesOf(connectionId)).toBeLessThanOrEqual(100);
});

test("nor do sign-ins that are answered with rubbish", async () => {
  const other = await createSamlTenant(app);
  for (let i = 0; i < 110; i++) {
    const browser = new TestBrowser(app.url);
    const start = await browser.visit(authorizeUrl(app, { connection_id: other.connectionId }));
    const form = { SAMLResponse: "PGEvPg==", RelayState: readAuthnRequest(start.location).relayState };
    await browser.follow(other.acsUrl, { form, crossSite: true });
  }
  expect(await tracesOf(other.connectionId)).toBeLessThanOrEqual(100);
});

test("the room for traces is asked for without reading all of a connection's", async () => {
  const env = app.systemCtx().environmentId;
  await sql`insert into traces (id, environment_id, organization_id, connection_id, reference, kind, outcome, steps, created_at, expires_at)
    select 'trc_' || (100000000000000000 + i), ${env}, ${tenant.organizationId}, ${tenant.connectionId}, 'r' || i,
      'sign_in', 'success', json_build_array(repeat('x', 1500)), now() - interval '1 day', now() + interval '20 days'
    from generate_series(1, 50000) i`.execute(app.app.db);
  await sql`analyze traces`.execute(app.app.db);
  const since = new Date(app.app.now().getTime() - 3_600_000);
  const plan = await sql<{
    "QUERY PLAN": string;
  }>`explain (analyze) select count(*) from (select id from traces
    where environment_id = ${env} and connection_id = ${tenant.connectionId} and kind = 'idp_initiated'
      and outcome <> 'success'
      and organization_id is not distinct from ${tenant.organizationId} and created_at > ${since} limit 100) recent`.execute(
    app.app.db,
  );
  const removed = plan.rows.map((row) =>
    Number(/Removed by Filter: (\d+)/.exec(row["QUERY PLAN"])?.[1] ?? 0),
  );
  expect(Math.max(...removed)).toBeLessThan(1_000);
});

test("a refusal is not told to an organization that was only named", async () => {
  const victim = await createOrganization(app);
  const values = {
    provider: "google",
    organization_id: victim,
    login_hint: "\u001b]0;pwned\u0007evil@x.example",
  };
  await new TestBrowser(app.url).visit(authorizeUrl(app, values));
  expect((await app.api(`/traces?organization_id=${victim}`)).body.total_size).toBe(0);
});
