/** Certificates of the environment: how they are made, by whom, and who sees them. */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment } from "../../testing/callers.ts";
import { ensure, list, listValid } from "./saml-certificates.ts";

let app: TestApp;
/** A second server on the same database. */
let second: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  second = await startTestApp({
    DATABASE_URL: app.databaseUrl,
    GATEHOUSE_DATA: app.app.config.dataDir,
    GATEHOUSE_URL: app.url,
  });
});
afterAll(async () => {
  await second.stop();
  await app.stop();
});

const generate = (id = app.environmentId) =>
  app.api(`/environments/${id}/saml-certificates:generate`, { body: {} });

test("of many who need the first one, in two processes, one makes it", async () => {
  const all = await Promise.all([app, second, app, second].map((each) => ensure(each.systemCtx())));
  expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  expect(await list(app.systemCtx())).toHaveLength(1);
});

test("one is made on demand: ten years, its own name, RSA with SHA-256", async () => {
  const { status, body } = await generate();
  expect(status).toBe(200);
  expect(body.id).toMatch(/^cer_\d{18}$/);
  const read = new X509Certificate(body.certificate);
  expect(read.subject).toBe(`CN=${new URL(app.url).host}`);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(body.expiry).toBe(String(new Date(read.validTo).getTime() / 1000));
  const years = (new Date(read.validTo).getTime() - Date.now()) / (365.25 * 86_400_000);
  expect(years).toBeCloseTo(10, 1);
  expect(new Date(read.validFrom).getTime()).toBeLessThan(Date.now());
});

test("a new one comes first, in all processes, and takes nothing from the former", async () => {
  const [former] = await list(second.systemCtx());
  const { body } = await generate();
  await expect.poll(async () => (await list(second.systemCtx()))[0]?.id).toBe(body.id);
  const all = await list(second.systemCtx());
  expect(all[1]?.id).toBe(former?.id);
  for (const { certificate, privateKey } of all)
    expect(new X509Certificate(certificate).checkPrivateKey(privateKey)).toBe(true);
});

test("the private key is sealed, and for its own row", async () => {
  const rows = await app.app.db.selectFrom("saml_certificates").selectAll().execute();
  const [first, other] = rows;
  if (!first || !other) throw new Error("there are two by now");
  expect(first.private_sealed.includes(Buffer.from("PRIVATE KEY"))).toBe(false);
  const open = () => app.app.keys.open(first.private_sealed, `saml_certificates.private_sealed:${other.id}`);
  expect(open).toThrow();
});

test("another environment's is refused, and neither sees the other's", async () => {
  const other = await createEnvironment(app);
  const before = (await list(app.systemCtx())).length;
  const refused = await other.api(`/environments/${app.environmentId}/saml-certificates:generate`, {
    body: {},
  });
  expect(refused).toMatchObject({
    status: 404,
    body: { details: [{ error_code: "ENVIRONMENT_NOT_FOUND" }] },
  });
  expect((await generate(other.id)).status).toBe(404);
  expect(await list(app.systemCtx(other.id))).toEqual([]);
  const made = await other.api(`/environments/${other.id}/saml-certificates:generate`, { body: {} });
  expect(made.status).toBe(200);
  expect(await list(app.systemCtx(other.id))).toHaveLength(1);
  expect(await list(app.systemCtx())).toHaveLength(before);
});

test("there is an end to them, and expired ones do not count", async () => {
  const ctx = app.systemCtx();
  const [row] = await app.app.db.selectFrom("saml_certificates").selectAll().limit(1).execute();
  if (!row) throw new Error("there is one by now");
  const context = (id: string) => `saml_certificates.private_sealed:${id}`;
  const key = app.app.keys.open(row.private_sealed, context(row.id));
  const ids = Array.from({ length: 50 }, (_, n) => `cer_${n}`);
  const copies = ids.map((id) => ({ ...row, id, private_sealed: app.app.keys.seal(key, context(id)) }));
  await app.app.db.insertInto("saml_certificates").values(copies).execute();
  const refused = await generate();
  expect(refused).toMatchObject({
    status: 400,
    body: { details: [{ error_code: "SAML_CERTIFICATE_LIMIT" }] },
  });
  await app.app.db
    .updateTable("saml_certificates")
    .set({ expires_at: new Date(0) })
    .where("id", "in", ids)
    .execute();
  const { body } = await generate();
  expect((await listValid(ctx))[0]?.id).toBe(body.id);
  expect((await listValid(ctx)).length).toBe((await list(ctx)).length - copies.length);
});
