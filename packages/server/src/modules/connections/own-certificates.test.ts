/** Our own certificates at work: signed requests and encrypted assertions, with `samlp` as the identity provider. */
import { X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { readForm, TestBrowser, type Visit } from "../../testing/browser.ts";
import { patchSaml, readConnection } from "../../testing/connections.ts";
import { testKey } from "../../testing/saml-idp.ts";
import { beginSaml, issue, outcomeOf, postSaml } from "../../testing/saml-leg.ts";
import { authorizeUrl, createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

const require = createRequire(import.meta.url);

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

async function generate(): Promise<{ id: string; certificate: string }> {
  const { body } = await app.api(`/environments/${app.environmentId}/saml-certificates:generate`, {
    body: {},
  });
  return body;
}

/** What an identity provider reads of us, with a parser that shares nothing with ours. */
async function readOurMetadata(of = tenant) {
  const { parseStringPromise } = createRequire(require.resolve("@node-saml/node-saml"))("xml2js") as {
    parseStringPromise(xml: string, options: object): Promise<{ EntityDescriptor: Descriptor }>;
  };
  const answer = await fetch(`${app.url}/sso/v1/saml/${of.connectionId}/metadata`);
  const { stripPrefix } = createRequire(require.resolve("@node-saml/node-saml"))("xml2js").processors;
  const { EntityDescriptor } = await parseStringPromise(await answer.text(), {
    tagNameProcessors: [stripPrefix],
  });
  const [sp] = EntityDescriptor.SPSSODescriptor;
  if (!sp) throw new Error("the metadata describes no service provider");
  const certificates = (use: string) =>
    (sp.KeyDescriptor ?? [])
      .filter(({ $ }) => $.use === use)
      .map(({ KeyInfo }) => pem(KeyInfo[0]?.X509Data[0]?.X509Certificate[0] ?? ""));
  return {
    requestsSigned: sp.$.AuthnRequestsSigned,
    signing: certificates("signing"),
    encryption: certificates("encryption"),
  };
}

interface Descriptor {
  SPSSODescriptor: {
    $: Record<string, string>;
    KeyDescriptor?: { $: { use: string }; KeyInfo: { X509Data: { X509Certificate: string[] }[] }[] }[];
  }[];
}

function pem(body: string): string {
  return new X509Certificate(Buffer.from(body, "base64")).toString();
}

/** What `samlp` says of our request when it wants it signed with this certificate: the issuer, or the problem. */
async function readBySamlp(visit: Visit, certificate: string): Promise<string> {
  const { parseRequest } = require("samlp") as {
    parseRequest(
      request: { query: Record<string, string>; body: Record<string, string> },
      options: { signingCert: string },
      done: (error: Error | null, request: { issuer: string }) => void,
    ): void;
  };
  const byRedirect = visit.location !== "";
  const query = byRedirect ? Object.fromEntries(new URL(visit.location).searchParams) : {};
  const body = byRedirect ? {} : readForm(visit.body).fields;
  const bare = new X509Certificate(certificate).raw.toString("base64");
  const { promise, resolve } = Promise.withResolvers<string>();
  parseRequest({ query, body }, { signingCert: bare }, (error, request) =>
    resolve(error ? error.message : request.issuer),
  );
  return promise;
}

const begin = () => new TestBrowser(app.url).visit(authorizeUrl(app, { connection_id: tenant.connectionId }));

describe("signed requests", () => {
  beforeAll(async () => {
    tenant = await createSamlTenant(app);
  });

  test("are not sent unless they are wanted", async () => {
    expect(await readOurMetadata()).toEqual({ requestsSigned: "false", signing: [], encryption: [] });
    expect(new URL((await begin()).location).searchParams.has("Signature")).toBe(false);
  });

  test.each(["HTTP_REDIRECT", "HTTP_POST"])(
    "by %s satisfy an identity provider that insists",
    async (binding) => {
      const config = { want_request_signed: true, idp_sso_request_binding: binding };
      expect((await patchSaml(app, tenant, config)).status).toBe(200);
      const { requestsSigned, signing } = await readOurMetadata();
      expect([requestsSigned, signing.length]).toEqual(["true", 1]);
      const visit = await begin();
      expect(await readBySamlp(visit, signing[0] ?? "")).toBe(tenant.entityId);
      expect(await readBySamlp(visit, testKey("somebody else").certificate)).toMatch(/[Ss]ignature/);
    },
  );

  test("keep their certificate when another is generated; both are published; the choice switches", async () => {
    const { saml_config: former } = await readConnection(app, tenant);
    expect(former.certificate_id).toMatch(/^cer_/);
    const next = await generate();
    const { signing } = await readOurMetadata();
    // The one in use stands first and last, see own-certificates.ts.
    expect([signing.length, signing[1], signing[2]]).toEqual([3, next.certificate, signing[0]]);
    expect(await readBySamlp(await begin(), signing[0] ?? "")).toBe(tenant.entityId);

    await patchSaml(app, tenant, { certificate_id: next.id });
    const after = await readOurMetadata();
    expect(after.signing[0]).toBe(next.certificate);
    expect(await readBySamlp(await begin(), next.certificate)).toBe(tenant.entityId);
  });

  test("take the newest when no certificate is named", async () => {
    const newest = await generate();
    await patchSaml(app, tenant, { want_request_signed: true, certificate_id: "" });
    expect((await readConnection(app, tenant)).saml_config.certificate_id).toBe(newest.id);
  });

  test("of changes at once that need the first certificate, each is kept", async () => {
    const two = await Promise.all([createSamlTenant(app), createSamlTenant(app)]);
    const answers = await Promise.all(
      two.flatMap((each) => [
        patchSaml(app, each, { want_request_signed: true }),
        patchSaml(app, each, { assertion_encrypted: true }),
      ]),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const each of two) {
      const { saml_config: config } = await readConnection(app, each);
      expect(config).toMatchObject({ want_request_signed: true, assertion_encrypted: true });
      expect(config.certificate_id).not.toBe("");
    }
  });

  test("refuse a certificate that is not of this environment, and change nothing", async () => {
    const before = await readConnection(app, tenant);
    for (const id of ["cer_100000000000000000", "nonsense"]) {
      const { status, body } = await patchSaml(app, tenant, { certificate_id: id });
      expect([status, body.details[0].error_code]).toEqual([400, "CONNECTION_CERTIFICATE_UNKNOWN"]);
      expect(body.message).toContain("generate one");
    }
    expect(await readConnection(app, tenant)).toEqual(before);
  });
});

describe("encrypted assertions", () => {
  beforeAll(async () => {
    tenant = await createSamlTenant(app);
    expect((await patchSaml(app, tenant, { assertion_encrypted: true })).status).toBe(200);
  });

  async function signIn(changes: Parameters<typeof issue>[3]) {
    const leg = await beginSaml(app, tenant);
    return postSaml(tenant, leg, await issue(app, tenant, leg, changes));
  }

  test("are opened with the key of the certificate that our metadata shows", async () => {
    const { encryption, signing, requestsSigned } = await readOurMetadata();
    expect([signing, requestsSigned]).toEqual([[], "false"]);
    expect((await signIn({ encryptTo: encryption[0] ?? "" })).code).not.toBe("");
  });

  test("may still be made with the certificate before a renewal, and with the new one at once", async () => {
    const before = (await readOurMetadata()).encryption[0] ?? "";
    const next = await generate();
    expect((await readOurMetadata()).encryption).toEqual([next.certificate, before]);
    expect((await signIn({ encryptTo: before })).code).not.toBe("");
    expect((await signIn({ encryptTo: next.certificate })).code).not.toBe("");
  });

  test("are wanted: a plain one is refused in its own words", async () => {
    const outcome = await signIn({});
    expect(outcome).toMatchObject({ at: "app", error: "invalid_saml_response", code: "" });
    expect(outcome.description).toContain("not encrypted");
  });

  test("to another key, or signed by nobody, are refused", async () => {
    const { encryption } = await readOurMetadata();
    const wrongKey = await signIn({ encryptTo: testKey("somebody else").certificate });
    expect(wrongKey).toMatchObject({ error: "invalid_saml_response", code: "" });
    expect(wrongKey.description).toContain("cannot be decrypted");
    const unsigned = await signIn({ encryptTo: encryption[0] ?? "", sign: "none" });
    expect(unsigned).toMatchObject({ error: "signature_validation_failed", code: "" });
  });

  test("are opened where they are not wanted, too, so that the identity provider may begin", async () => {
    const { encryption } = await readOurMetadata();
    await patchSaml(app, tenant, { assertion_encrypted: false });
    expect((await readOurMetadata()).encryption).toEqual([]);
    expect((await signIn({ encryptTo: encryption[0] ?? "" })).code).not.toBe("");
    expect((await signIn({})).code).not.toBe("");
  });
});

test("past the end of our certificates nothing is signed or opened with them, until there is another", async () => {
  const own = await createSamlTenant(app);
  await patchSaml(app, own, { want_request_signed: true, assertion_encrypted: true });
  const { certificate_id: id } = (await readConnection(app, own)).saml_config;
  const certificates = app.app.db.selectFrom("saml_certificates").selectAll().where("id", "=", id);
  const { certificate } = await certificates.executeTakeFirstOrThrow();
  const leg = await beginSaml(app, own);
  const encrypted = await issue(app, own, leg, { encryptTo: certificate });
  await app.app.db
    .updateTable("saml_certificates")
    .set({ expires_at: new Date(0) })
    .execute();
  app.app.cache.dropAll();

  expect((await postSaml(own, leg, encrypted)).description).toContain("our certificate has expired");
  const url = authorizeUrl(app, { connection_id: own.connectionId });
  const refused = outcomeOf(await new TestBrowser(app.url).visit(url));
  expect(refused).toMatchObject({ at: "app", error: "invalid_saml_request" });
  const off = await patchSaml(app, own, { certificate_id: "", want_request_signed: false });
  expect(off.status).toBe(200);
  const chosen = await patchSaml(app, own, { certificate_id: id });
  expect(chosen.body.details[0].error_code).toBe("CONNECTION_CERTIFICATE_EXPIRED");

  await patchSaml(app, own, { want_request_signed: true });
  const { saml_config: config } = await readConnection(app, own);
  expect(config.certificate_id).toMatch(/^cer_/);
  expect(config.certificate_id).not.toBe(id);
  expect((await beginSaml(app, own)).requestId).not.toBe("");
});
