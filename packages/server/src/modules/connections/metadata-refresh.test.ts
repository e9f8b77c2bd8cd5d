/** Metadata that is read again: what follows it, what stays in spite of it, and a roll-over that nobody notices. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refreshMetadata } from "../../jobs/refresh-metadata.ts";
import { pemBody } from "../../protocols/saml/certificate.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { patchConnection, patchSaml, readConnection } from "../../testing/connections.ts";
import { type KeyAndCertificate, testCertificate, testKey } from "../../testing/saml-idp.ts";
import { beginSaml, issueEdited, type Outcome, postSaml } from "../../testing/saml-leg.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let publisher: Server;
let base: string;
/** What stands at each address, and how often it was asked for. */
const published = new Map<string, { status?: number; body: string; asked: number }>();

beforeAll(async () => {
  publisher = createServer((request, response) => {
    const found = published.get(request.url ?? "") ?? { status: 404, body: "", asked: 0 };
    found.asked += 1;
    response.writeHead(found.status ?? 200).end(found.body);
  });
  await new Promise<void>((resolve) => publisher.listen(0, "localhost", resolve));
  base = `http://localhost:${(publisher.address() as AddressInfo).port}`;
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: new URL(base).host });
});
afterAll(async () => {
  await app.stop();
  publisher.closeAllConnections();
  publisher.close();
});

let tenant: SamlTenant;
let path: string;
const day = 86_400;

/** A tenant whose metadata has been read. */
async function discover(): Promise<void> {
  tenant = await createSamlTenant(app);
  path = `/${tenant.connectionId}`;
  publish({ body: tenant.idp.metadataXml });
  const { status } = await patchConnection(app, tenant, {
    type: "SAML",
    configuration_type: "DISCOVERY",
    saml_config: { idp_metadata_url: `${base}${path}` },
  });
  expect(status).toBe(200);
  publish({ body: tenant.idp.metadataXml });
}

beforeEach(discover);

function publish(what: { status?: number; body: string }): void {
  published.set(path, { asked: 0, ...what });
}

const asked = () => published.get(path)?.asked;

/** The tenant's metadata with these certificates in the place of its own. */
function withCertificates(...certificates: string[]): string {
  return tenant.idp.metadataXml.replace(/<KeyDescriptor[\s\S]*?<\/KeyDescriptor>/, (descriptor) =>
    certificates
      .map((each) =>
        descriptor.replace(/(<X509Certificate[^>]*>)[^<]*/, (_, tag: string) => tag + pemBody(each)),
      )
      .join(""),
  );
}

const run = () => refreshMetadata.run(app.app, app.systemCtx);

async function runAfter(seconds: number): Promise<void> {
  app.advance(seconds);
  await run();
}

/** Signs in with a response that this key signed. */
async function signIn(key: KeyAndCertificate): Promise<Outcome> {
  const leg = await beginSaml(app, tenant);
  return postSaml(tenant, leg, await issueEdited(app, tenant, leg, (xml) => xml, key.privateKey));
}

async function row() {
  return app.app.db
    .selectFrom("connections")
    .selectAll()
    .where("id", "=", tenant.connectionId)
    .executeTakeFirstOrThrow();
}

async function trusted(): Promise<string[]> {
  const { saml_config: config } = await readConnection(app, tenant);
  return config.idp_certificates.map(({ certificate }: { certificate: string }) => certificate.trim());
}

const events = async () => (await app.app.db.selectFrom("events").select("id").execute()).length;
const next = testKey("the next key");

describe("on the schedule", () => {
  test("is read after a day and not before, and nothing changes when it says nothing new", async () => {
    await runAfter(23 * 3_600);
    expect(asked()).toBe(0);
    const [before, count] = [await row(), await events()];
    await runAfter(3_601);
    expect(asked()).toBe(1);
    const after = await row();
    expect(after.metadata_read_at?.getTime()).toBeGreaterThan(before.metadata_read_at?.getTime() ?? 0);
    expect({ ...after, metadata_read_at: before.metadata_read_at }).toEqual(before);
    expect(await events()).toBe(count);
  });

  test("a new certificate is trusted beside the old one, then alone, and keeps its id", async () => {
    const old = tenant.idp.certificate;
    publish({ body: withCertificates(old, next.certificate) });
    await runAfter(day);
    expect(await trusted()).toEqual([old.trim(), next.certificate.trim()]);
    const ids = (await readConnection(app, tenant)).saml_config.idp_certificates;
    publish({ body: withCertificates(next.certificate) });
    await runAfter(day);
    expect((await readConnection(app, tenant)).saml_config.idp_certificates).toEqual([ids[1]]);
    expect((await signIn(next)).code).not.toBe("");
  });

  test("addresses and bindings follow; what somebody set by hand elsewhere stays", async () => {
    await patchSaml(app, tenant, { force_authn: true });
    const moved = tenant.idp.metadataXml.replaceAll(tenant.idp.ssoUrl, "https://idp.example.com/moved");
    publish({ body: moved });
    await runAfter(day);
    expect((await readConnection(app, tenant)).saml_config).toMatchObject({
      idp_sso_url: "https://idp.example.com/moved",
      force_authn: true,
    });
  });

  test("only of connections that are set up by discovery", async () => {
    await patchConnection(app, tenant, { type: "SAML", configuration_type: "MANUAL" });
    await runAfter(day);
    expect(asked()).toBe(0);
  });

  test("of two runs at once, one reads it", async () => {
    app.advance(day);
    await Promise.all([run(), run(), run()]);
    expect(asked()).toBe(1);
  });
});

describe("what cannot be taken over changes nothing and is noted", () => {
  const expired = () => testCertificate("expired", next.privateKey, new Date("2021-01-01T00:00:00Z"));
  const cases: [string, () => { status?: number; body: string }, RegExp][] = [
    ["not found", () => ({ status: 404, body: "" }), /answered 404/],
    ["a page", () => ({ body: "<html><body>Moved</body></html>" }), /not SAML 2.0 metadata/],
    ["without a certificate", () => ({ body: withCertificates() }), /no signing certificate/],
    ["with expired certificates only", () => ({ body: withCertificates(expired()) }), /have expired/],
    [
      "past its end",
      () => ({
        body: withCertificates(next.certificate).replace(
          "entityID=",
          'validUntil="2020-01-01T00:00:00Z" entityID=',
        ),
      }),
      /expired on 2020/,
    ],
    [
      "of another identity provider",
      () => ({
        body: tenant.idp.metadataXml.replace(/entityID="[^"]*"/, 'entityID="https://other.example"'),
      }),
      /other\.example, and the connection's is/,
    ],
  ];
  test.each(cases)("%s", async (_name, answer, problem) => {
    const before = await row();
    const config = await readConnection(app, tenant);
    publish(answer());
    await runAfter(day);
    const after = await row();
    expect(after.metadata_problem).toMatch(problem);
    expect({ ...after, metadata_problem: "", metadata_read_at: before.metadata_read_at }).toEqual(before);
    expect(await readConnection(app, tenant)).toEqual(config);
    const line = app.logged.findLast(({ connection }) => connection === tenant.connectionId);
    expect(line).toMatchObject({ level: 40, msg: "metadata was not taken over" });
    expect((await signIn(testKey(tenant.idp.entityId))).code).not.toBe("");
  });

  test("is tried again after an hour, and forgotten when it is well", async () => {
    publish({ status: 500, body: "" });
    await runAfter(day);
    await runAfter(1_800);
    expect(asked()).toBe(1);
    publish({ body: tenant.idp.metadataXml });
    await runAfter(1_801);
    expect([asked(), (await row()).metadata_problem]).toEqual([1, ""]);
    await runAfter(3_600);
    expect(asked()).toBe(1);
  });

  test("does not keep the others from being read", async () => {
    publish({ status: 500, body: "" });
    const [broken, brokenPath] = [tenant, path];
    for (let n = 0; n < 7; n++) {
      await discover();
      publish({ body: withCertificates(next.certificate) });
    }
    await runAfter(day);
    expect(await trusted()).toEqual([next.certificate.trim()]);
    [tenant, path] = [broken, brokenPath];
    expect(await trusted()).toEqual([tenant.idp.certificate.trim()]);
  });
});

describe("at a sign-in whose key nobody told us of", () => {
  test("it is read at once, and the sign-in goes on", async () => {
    app.advance(301);
    publish({ body: withCertificates(next.certificate) });
    const both = await Promise.all([signIn(next), signIn(next), signIn(next)]);
    expect(both.map(({ code, description }) => [code !== "", description])).toEqual(
      Array.from({ length: 3 }, () => [true, ""]),
    );
    expect(asked()).toBe(1);
    expect(await trusted()).toEqual([next.certificate.trim()]);
  });

  test("no oftener than every five minutes, and strangers are refused all the same", async () => {
    const stranger = testKey("a stranger");
    app.advance(301);
    publish({ body: tenant.idp.metadataXml });
    for (let n = 0; n < 3; n++)
      expect(await signIn(stranger)).toMatchObject({ code: "", error: "signature_validation_failed" });
    expect(asked()).toBe(1);
    app.advance(301);
    await signIn(stranger);
    expect(asked()).toBe(2);
  });

  test("also where the certificate that we know has ended and its key goes on in another", async () => {
    const key = testKey(tenant.idp.entityId);
    const ended = testCertificate("ended", key.privateKey, new Date("2021-01-01T00:00:00Z"));
    await patchSaml(app, tenant, { idp_certificate: ended });
    app.advance(301);
    expect((await signIn(key)).code).not.toBe("");
    expect(await trusted()).toEqual([tenant.idp.certificate.trim()]);
  });

  test("not for a connection that is set up by hand", async () => {
    await patchConnection(app, tenant, { type: "SAML", configuration_type: "MANUAL" });
    app.advance(301);
    publish({ body: withCertificates(next.certificate) });
    expect(await signIn(next)).toMatchObject({ code: "", error: "signature_validation_failed" });
    expect(asked()).toBe(0);
  });

  test("an identity provider that is down leaves the refusal as it is", async () => {
    app.advance(301);
    publish({ status: 503, body: "" });
    expect(await signIn(next)).toMatchObject({ code: "", error: "signature_validation_failed" });
    expect((await row()).metadata_problem).toMatch(/answered 503/);
  });
});

describe("an identity provider that wants signed requests", () => {
  const wanting = () =>
    tenant.idp.metadataXml.replace("<IDPSSODescriptor", '<IDPSSODescriptor WantAuthnRequestsSigned="true"');
  const signing = async () => (await readConnection(app, tenant)).saml_config.want_request_signed;

  test("gets them from its import on, and the answer says so", async () => {
    const to = `/organizations/${tenant.organizationId}/connections/${tenant.connectionId}:import_metadata`;
    const { body } = await app.api(to, { body: { xml: wanting() } });
    expect(body.connection.saml_config).toMatchObject({ want_request_signed: true });
    expect(body.connection.saml_config.certificate_id).toMatch(/^cer_/);
    expect(app.logged.some(({ msg }) => msg === "the identity provider wants signed requests")).toBe(true);
  });

  test("gets them from the reading on that says so, unless somebody has switched them off", async () => {
    publish({ body: wanting() });
    await runAfter(day);
    expect(await signing()).toBe(true);
    await patchSaml(app, tenant, { want_request_signed: false });
    await runAfter(day);
    expect([asked(), await signing()]).toEqual([2, false]);
  });
});

test("an organization that is deleted while its metadata is on the way harms nothing", async () => {
  app.advance(day);
  const running = run();
  await app.api(`/organizations/${tenant.organizationId}`, { method: "DELETE" });
  await expect(running).resolves.toBeUndefined();
});
