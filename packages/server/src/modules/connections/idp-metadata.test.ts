/** Identity providers' metadata: taken over from a document or its address, or refused with nothing changed. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  createConnection,
  createOrganization,
  patchConnection,
  readConnection,
  reread,
  setEnabled,
} from "../../testing/connections.ts";
import { createSamlIdp } from "../../testing/saml-idp.ts";
import { beginSaml, issue, postSaml } from "../../testing/saml-leg.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let publisher: Server;
let published: Record<string, { status?: number; location?: string; body: string }> = {};
let base: string;
let asked = 0;

beforeAll(async () => {
  publisher = createServer((request, response) => {
    asked += 1;
    const found = published[request.url ?? ""] ?? { status: 404, body: "" };
    response
      .writeHead(found.status ?? 200, found.location === undefined ? {} : { location: found.location })
      .end(found.body);
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

const idp = createSamlIdp({ entityId: "https://published.example/idp" });
const draft = async () => createConnection(app, await createOrganization(app), "SAML");
type Draft = Awaited<ReturnType<typeof draft>>;

async function importFrom(at: Draft, body: Record<string, unknown>) {
  const path = `/organizations/${at.organizationId}/connections/${at.connectionId}:import_metadata`;
  return app.api(path, { body });
}

const discover = (at: Draft, url: string, more: Record<string, unknown> = {}) =>
  patchConnection(app, at, {
    type: "SAML",
    configuration_type: "DISCOVERY",
    saml_config: { idp_metadata_url: url, ...more },
  });

const expected = { idp_entity_id: idp.entityId, idp_sso_url: idp.ssoUrl };

describe("metadata is taken over", () => {
  test("from a document", async () => {
    const at = await draft();
    const { status, body } = await importFrom(at, { xml: idp.metadataXml });
    expect(status).toBe(200);
    expect(body.connection).toMatchObject({
      status: "COMPLETED",
      configuration_type: "MANUAL",
      saml_config: expected,
    });
    expect(body.connection.saml_config.idp_certificates[0].certificate.trim()).toBe(idp.certificate.trim());
  });

  test("from an address, which is kept", async () => {
    published = { "/metadata": { body: idp.metadataXml } };
    const at = await draft();
    const url = `${base}/metadata`;
    const { body } = await importFrom(at, { url });
    expect(body.connection).toMatchObject({ status: "COMPLETED", configuration_type: "DISCOVERY" });
    expect(body.connection.saml_config).toMatchObject({ ...expected, idp_metadata_url: url });
  });

  describe("from the address that is all that a draft was told of its identity provider", () => {
    const tell = async (at: Draft, saml_config: object, more: object = {}) =>
      patchConnection(app, at, { type: "SAML", saml_config, ...more });
    const url = () => `${base}/metadata`;

    test("and nobody has to say that it is there to be read", async () => {
      published = { "/metadata": { body: idp.metadataXml } };
      const at = await draft();
      const { body } = await tell(at, { idp_metadata_url: url() });
      expect(body.connection).toMatchObject({ status: "COMPLETED", configuration_type: "DISCOVERY" });
      expect(body.connection.saml_config).toMatchObject({ ...expected, idp_metadata_url: url() });
    });

    test.each([
      ["an entity id", { idp_entity_id: "https://typed.example" }],
      ["an address", { idp_sso_url: "https://typed.example/sso" }],
      ["where to sign out", { idp_slo_url: "https://typed.example/slo" }],
      ["a certificate", { idp_certificate: idp.certificate }],
    ])("but not where %s was typed, before or with it", async (_what, typed) => {
      published = { "/metadata": { body: idp.metadataXml } };
      const [before, at] = [await draft(), await draft()];
      await tell(before, typed);
      for (const answer of [
        await tell(before, { idp_metadata_url: url() }),
        await tell(at, { ...typed, idp_metadata_url: url() }),
      ]) {
        expect(answer.body.connection).toMatchObject({ status: "IN_PROGRESS", configuration_type: "MANUAL" });
      }
    });

    test("but not where somebody said that it is only kept, or it was kept already", async () => {
      published = {};
      const at = await draft();
      const kept = { idp_metadata_url: url() };
      for (const more of [{ configuration_type: "MANUAL" }, { debug_enabled: true }]) {
        const { status, body } = await tell(at, kept, more);
        expect([status, body.connection.configuration_type]).toEqual([200, "MANUAL"]);
      }
    });

    test("and one that is none is refused by its name", async () => {
      const { status, body } = await tell(await draft(), { idp_metadata_url: "not a url" });
      expect(status).toBe(400);
      expect(body.message).toContain("idp_metadata_url");
    });
  });

  test("through a redirect to another address that may be reached", async () => {
    published = {
      "/old": { status: 302, location: `${base}/metadata`, body: "" },
      "/metadata": { body: idp.metadataXml },
    };
    expect((await importFrom(await draft(), { url: `${base}/old` })).status).toBe(200);
  });

  test("by an update that sets up discovery, and users can sign in then", async () => {
    const tenant = await createSamlTenant(app);
    published = { "/tenant": { body: tenant.idp.metadataXml } };
    const own = { ...tenant, ...(await createConnection(app, tenant.organizationId, "SAML")) };
    const { status, body } = await discover(own, `${base}/tenant`, { sync_user_profile_on_login: true });
    expect(status).toBe(200);
    expect(body.connection).toMatchObject({
      status: "COMPLETED",
      saml_config: { idp_entity_id: tenant.idp.entityId, sync_user_profile_on_login: true },
    });
    await setEnabled(app, own, true);
    const ready = await reread(app, own);
    const leg = await beginSaml(app, ready);
    expect((await postSaml(ready, leg, await issue(app, ready, leg))).code).not.toBe("");
  });

  test("with the binding that was chosen, where it is offered", async () => {
    published = { "/metadata": { body: idp.metadataXml } };
    const at = await draft();
    const { body } = await discover(at, `${base}/metadata`, { idp_sso_request_binding: "HTTP_POST" });
    expect(body.connection.saml_config.idp_sso_request_binding).toBe("HTTP_POST");
    const again = await importFrom(at, { url: `${base}/metadata` });
    expect(again.body.connection.saml_config.idp_sso_request_binding).toBe("HTTP_POST");
  });

  test("once: an update of something else does not fetch it again", async () => {
    published = { "/metadata": { body: idp.metadataXml } };
    const at = await draft();
    await discover(at, `${base}/metadata`);
    const before = asked;
    published = {};
    expect((await discover(at, `${base}/metadata`, { force_authn: true })).status).toBe(200);
    expect(asked).toBe(before);
  });

  test("not at all when the setup is by hand", async () => {
    const saml_config = { idp_metadata_url: `${base}/nowhere` };
    const { status, body } = await patchConnection(app, await draft(), {
      type: "SAML",
      configuration_type: "MANUAL",
      saml_config,
    });
    expect([status, body.connection.status]).toEqual([200, "IN_PROGRESS"]);
  });
});

describe("metadata that cannot be used is refused, and nothing changes", () => {
  const sp = (xml: string) => xml.replaceAll("IDPSSODescriptor", "SPSSODescriptor");
  const cases: [string, string, RegExp][] = [
    ["not found", "", /answered 404/],
    ["a page", "<html><body>Sign in</body></html>", /not SAML 2.0 metadata/],
    ["no XML", "hello", /not XML/],
    ["a service provider's", sp(idp.metadataXml), /service provider/],
    [
      "without certificates",
      idp.metadataXml.replace(/<KeyDescriptor[\s\S]*<\/KeyDescriptor>/, ""),
      /certificate/,
    ],
    ["with a DOCTYPE", `<!DOCTYPE x>${idp.metadataXml}`, /DOCTYPE/],
    [
      "out of date",
      idp.metadataXml.replace("entityID=", 'validUntil="2020-01-01T00:00:00Z" entityID='),
      /expired on 2020/,
    ],
    [
      "with an address that is none",
      idp.metadataXml.replaceAll(idp.ssoUrl, "javascript:alert(1)"),
      /address/,
    ],
  ];
  test.each(cases)("%s", async (_name, body, problem) => {
    published = body === "" ? {} : { "/bad": { body } };
    const at = await draft();
    const before = await readConnection(app, at);
    for (const answer of [await importFrom(at, { url: `${base}/bad` }), await discover(at, `${base}/bad`)]) {
      expect(answer.status).toBe(400);
      expect(answer.body.message).toMatch(problem);
    }
    expect(await readConnection(app, at)).toEqual(before);
  });

  test("both sources or none", async () => {
    expect((await importFrom(await draft(), {})).status).toBe(400);
    expect((await importFrom(await draft(), { xml: "<a/>", url: "https://a.example" })).status).toBe(400);
  });

  test("for a connection of another kind or another organization, nothing is fetched", async () => {
    published = { "/metadata": { body: idp.metadataXml } };
    const [at, other] = [await draft(), await draft()];
    const oidc = await createConnection(app, at.organizationId, "OIDC");
    const before = asked;
    const url = `${base}/metadata`;
    expect((await importFrom(oidc, { url })).status).toBe(400);
    expect((await importFrom({ ...at, organizationId: other.organizationId }, { url })).status).toBe(404);
    expect((await discover({ ...at, organizationId: other.organizationId }, url)).status).toBe(404);
    expect(asked).toBe(before);
  });
});
