/** Warnings of identity providers' certificates, by the job that gives them and the clock that it runs by. */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { warnOfCertificates } from "../../jobs/warn-of-certificates.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createConnection, createOrganization, patchSaml } from "../../testing/connections.ts";
import { testCertificate, testKey } from "../../testing/saml-idp.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
const day = 86_400;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const certificate = (name: string, days: number) =>
  testCertificate(name, testKey(name).privateKey, new Date(app.app.now().getTime() + days * day * 1000));

interface Announced {
  type: string;
  certificate_id?: string;
  expires_at?: string;
  days?: number;
}

async function announced(organizationId = tenant.organizationId) {
  const rows = await app.app.db
    .selectFrom("events")
    .selectAll()
    .where("organization_id", "=", organizationId)
    .where("type", "like", "gatehouse.connection.certificate_%")
    .orderBy("id")
    .execute();
  return rows.map(({ type, payload }): Announced => ({ type, ...(payload as object) }));
}

const names = async (organizationId?: string) =>
  (await announced(organizationId)).map(({ type, ...payload }) =>
    `${type.split("_")[1]} ${payload.days ?? ""}`.trim(),
  );

/** All processes of an install may run it at once. */
async function runAfter(days: number): Promise<void> {
  app.advance(days * day);
  await Promise.all([1, 2, 3].map(() => warnOfCertificates.run(app.app, app.systemCtx)));
}

test("30, 7 and 1 days before the end and at the end, each once", async () => {
  tenant = await createSamlTenant(app);
  const ending = certificate("ends", 40);
  await patchSaml(app, tenant, { idp_certificate: ending });
  const told: string[][] = [];
  for (const days of [0, 9, 1.5, 1, 20, 2, 5, 0.9, 0.1, 1, 1, 30]) {
    const before = (await names()).length;
    await runAfter(days);
    told.push((await names()).slice(before));
  }
  expect(told.map((each) => each.join())).toEqual([
    "",
    "",
    "expiring 30",
    "",
    "",
    "expiring 7",
    "",
    "expiring 1",
    "",
    "expired",
    "",
    "",
  ]);
  const [first, , , last] = await announced();
  const { issuer, validTo } = new X509Certificate(ending);
  expect(first).toEqual({
    type: "gatehouse.connection.certificate_expiring",
    connection_id: tenant.connectionId,
    organization_id: tenant.organizationId,
    certificate_id: expect.stringMatching(/^idpcert_/),
    issuer,
    expires_at: new Date(validTo).toISOString(),
    days: 30,
  });
  expect(last).toEqual({
    type: "gatehouse.connection.certificate_expired",
    connection_id: tenant.connectionId,
    organization_id: tenant.organizationId,
    certificate_id: first?.certificate_id,
    issuer,
    expires_at: first?.expires_at,
  });
});

test("of several certificates each is warned of; after a pause only the latest warning is given", async () => {
  tenant = await createSamlTenant(app);
  const both = `${certificate("early", 20)}${certificate("late", 49)}`;
  await patchSaml(app, tenant, { idp_certificate: both });
  await runAfter(0);
  expect(await names()).toEqual(["expiring 30"]);
  await runAfter(19.5);
  expect((await names()).sort()).toEqual(["expiring 1", "expiring 30", "expiring 30"]);
});

test("a certificate that is replaced is warned of anew, one that stays is not", async () => {
  tenant = await createSamlTenant(app);
  const [stays, other] = [certificate("stays", 20), certificate("other", 20)];
  await patchSaml(app, tenant, { idp_certificate: stays });
  await runAfter(0);
  await patchSaml(app, tenant, { idp_certificate: `${stays}${other}` });
  await runAfter(0);
  expect(await names()).toEqual(["expiring 30", "expiring 30"]);
});

test("not while the connection is not complete", async () => {
  const organizationId = await createOrganization(app);
  const draft = await createConnection(app, organizationId, "SAML");
  await patchSaml(app, draft, { idp_certificate: certificate("draft", 20) });
  await runAfter(0);
  expect(await names(organizationId)).toEqual([]);
  await patchSaml(app, draft, {
    idp_entity_id: "https://idp.example",
    idp_sso_url: "https://idp.example/sso",
  });
  await runAfter(0);
  expect(await names(organizationId)).toEqual(["expiring 30"]);
});

test("of more than one batch", async () => {
  tenant = await createSamlTenant(app);
  const [row] = await app.app.db
    .selectFrom("connection_certificates")
    .selectAll()
    .where("connection_id", "=", tenant.connectionId)
    .execute();
  if (!row) throw new Error("the tenant has a certificate");
  const expires_at = new Date(app.app.now().getTime() + day * 1000 * 3);
  const copies = Array.from({ length: 250 }, (_, n) => ({
    ...row,
    id: `idpcert_${n}`,
    fingerprint: String(n),
    expires_at,
  }));
  await app.app.db.insertInto("connection_certificates").values(copies).execute();
  await runAfter(0);
  expect(await names()).toEqual(copies.map(() => "expiring 7"));
});
