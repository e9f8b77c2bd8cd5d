/**
 * Requests that a customer's address makes us send: metadata, discovery, keys, tokens and UserInfo never reach a
 * loopback, private, link-local or metadata address, directly, through a redirect or by a name that resolves anew.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createSafeFetch } from "../lib/safe-fetch.ts";
import { startSending } from "../modules/webhooks/sending.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { createConnection, patchConnection } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { createOpTenant, oidcSignIn, upstreamClient } from "../testing/oidc-leg.ts";
import { createSamlIdp } from "../testing/saml-idp.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

const inside = [
  ...["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "0.0.0.0"],
  ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"],
  ...["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[fe80::1]"],
  ...["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"],
];
// The contract takes no mapped address in dotted form for a URI.
const refusal = /private or reserved network|must start with https|valid URI/;

let op: HandMadeOp;
/** Stands for what is inside of the network: it must never be asked. */
let canary: Server;
let hits = 0;
let canaryPort = 0;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
  canary = createServer((_request, response) => {
    hits += 1;
    response.setHeader("connection", "close").end(idp.metadataXml);
  });
  await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
  canaryPort = (canary.address() as AddressInfo).port;
});
afterEach(() => {
  op.replies.clear();
  expect(hits).toBe(0);
});
afterAll(async () => {
  await op.stop();
  canary.closeAllConnections();
  canary.close();
});
const idp = createSamlIdp({ entityId: "https://inside.example/idp" });

onOneNodeAndTwo(
  (cluster) => {
    let tenant: SamlTenant;
    beforeAll(async () => {
      tenant = await createSamlTenant(cluster());
    });

    const draft = () => createConnection(cluster(), tenant.organizationId, "SAML");
    async function importFrom(url: string) {
      const { organizationId, connectionId } = await draft();
      const path = `/organizations/${organizationId}/connections/${connectionId}:import_metadata`;
      return cluster().api(path, { body: { url } });
    }

    describe("metadata", () => {
      test.each(inside)("at %s", async (host) => {
        const url = `https://${host}:${canaryPort}/m`;
        const imported = await importFrom(url);
        const discovered = await patchConnection(cluster(), await draft(), {
          type: "SAML",
          configuration_type: "DISCOVERY",
          saml_config: { idp_metadata_url: url },
        });
        for (const answer of [imported, discovered]) {
          expect(answer.status).toBe(400);
          expect(answer.body.message).toMatch(refusal);
        }
      });

      test.each([
        "http://example.com/m",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://a:b@example.com/m",
      ])("at %s", async (url) => expect((await importFrom(url)).status).toBe(400));

      test.each([301, 302, 303, 307, 308])(
        "behind a redirect (%i) of an address that may be reached",
        async (status) => {
          const location = `http://127.0.0.1:${canaryPort}/m`;
          op.replies.set("/away", () => ({ status, headers: { location }, body: "" }));
          const answer = await importFrom(`${op.issuer}/away`);
          expect([answer.status, refusal.test(answer.body.message)]).toEqual([400, true]);
        },
      );
    });

    describe("an OpenID provider", () => {
      const secretly = () => `http://127.0.0.1:${canaryPort}`;
      const signIn = async (config: Record<string, unknown>) => {
        const own = await createOpTenant(cluster(), op, `inside-${++tenants}.com`, config);
        return oidcSignIn(cluster(), op, own);
      };

      test.each(["127.0.0.1", "[::1]", "169.254.169.254", "2130706433"])(
        "with its discovery at %s",
        async (host) => {
          const outcome = await signIn({ issuer: `https://${host}:${canaryPort}` });
          expect(outcome).toMatchObject({ at: "app", error: "server_error", code: "" });
          expect(outcome.description).toMatch(refusal);
        },
      );

      test.each(["jwks_uri", "token_endpoint"])("whose discovery names an inside %s", async (name) => {
        const found = { ...op.discovery(), [name]: `${secretly()}/x` };
        op.replies.set("/.well-known/openid-configuration", () => ({ body: found }));
        const outcome = await signIn({});
        expect(outcome).toMatchObject({ at: "app", error: "server_error", code: "" });
      });

      test("whose discovery names an inside userinfo_endpoint", async () => {
        const found = { ...op.discovery(), userinfo_endpoint: `${secretly()}/x` };
        op.replies.set("/.well-known/openid-configuration", () => ({ body: found }));
        const own = await createOpTenant(cluster(), op, `inside-${++tenants}.com`);
        const claims = { email: undefined, email_verified: undefined };
        const outcome = await oidcSignIn(cluster(), op, own, { claims });
        expect(outcome).toMatchObject({ at: "app", error: "user_info_retrieve_failed", code: "" });
      });

      test("with endpoints by hand", async () => {
        const endpoints = {
          authorize_uri: `${op.issuer}/authorize`,
          token_uri: `${secretly()}/token`,
          jwks_uri: `${secretly()}/jwks`,
        };
        expect(await signIn({ ...upstreamClient, ...endpoints })).toMatchObject({
          error: "server_error",
          code: "",
        });
      });

      test.each(["/jwks", "/token", "/.well-known/openid-configuration"])(
        "that redirects %s inside",
        async (path) => {
          const headers = { location: `${secretly()}/x` };
          op.replies.set(path, () => ({ status: 307, headers, body: "" }));
          expect(await signIn({})).toMatchObject({ at: "app", error: "server_error", code: "" });
        },
      );
    });

    describe("a webhook", () => {
      async function sendTo(url: string) {
        const made = await cluster().api("/webhooks/endpoints", { body: { url } });
        if (made.status !== 200) return made.body.message as string;
        const { id } = made.body.endpoint;
        const sent = await cluster().api(`/webhooks/endpoints/${id}:test`, {
          body: { event_type: "user.login" },
        });
        const path = `/webhooks/deliveries/${sent.body.delivery.id}`;
        const { app, systemCtx } = cluster();
        const stop = startSending(app, systemCtx, { lookEveryMs: 20 });
        const delivery = async () => (await cluster().api(path)).body.delivery;
        await expect.poll(async () => (await delivery()).status, { timeout: 30_000 }).toBe("FAILED");
        const { attempts } = await delivery();
        await stop();
        await cluster().api(`/webhooks/endpoints/${id}`, { method: "DELETE" });
        return attempts[0].error as string;
      }

      test.each(inside)("to %s", async (host) => {
        expect(await sendTo(`https://${host}:${canaryPort}/hook`)).toMatch(refusal);
      });

      test("to an address that redirects inside", async () => {
        const headers = { location: `http://127.0.0.1:${canaryPort}/x` };
        op.replies.set("/hook", () => ({ status: 307, headers, body: "" }));
        expect(await sendTo(`${op.issuer}/hook`)).toMatch(/redirects are not followed/);
      });
    });

    describe("names", () => {
      /** Every name resolves to these, one list a connection; the last stays. */
      async function withResolver<T>(answers: string[][], act: () => Promise<T>): Promise<T> {
        let asked = 0;
        const resolve = async () => {
          const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
          return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
        };
        const fetches = cluster().nodes.map(({ app }) => app.fetch);
        const allow = ["203.0.113.9"];
        for (const { app } of cluster().nodes)
          app.fetch = createSafeFetch({ allow, allowHttp: true, resolve });
        try {
          return await act();
        } finally {
          for (const [at, { app }] of cluster().nodes.entries()) app.fetch = fetches[at] ?? app.fetch;
        }
      }
      const url = () => `http://rebinding.example:${canaryPort}/m`;

      test.each([
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["10.1.2.3"],
        ["fe80::1%lo"],
      ])("one that resolves to %s", async (address) => {
        const answer = await withResolver([[address]], () => importFrom(url()));
        expect(answer.status).toBe(400);
        expect(answer.body.message).toMatch(refusal);
        expect(answer.body.message).not.toContain(address);
      });

      test("one that resolves to nothing at first, and inside then (rebinding)", async () => {
        await withResolver([[], ["127.0.0.1"]], async () => {
          for (const _ of [1, 2, 3]) expect((await importFrom(url())).status).toBe(400);
        });
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: new URL(op.issuer).host }),
);
