/** ID tokens that are for somebody else, or signed by nobody: the right issuer and key are not enough. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import type { OidcTenant } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { createOpTenant, type OidcBend, oidcSignIn } from "../testing/oidc-leg.ts";

let op: HandMadeOp;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

onOneNodeAndTwo(
  (cluster) => {
    let tenant: OidcTenant;
    beforeAll(async () => {
      tenant = await createOpTenant(cluster(), op, `op-${++tenants}.com`);
    });
    const signIn = (bend: OidcBend = {}) => oidcSignIn(cluster(), op, tenant, bend);
    const seconds = (from: number) => Math.floor(cluster().app.now().getTime() / 1000) + from;

    const cases: [string, () => OidcBend, string, RegExp][] = [
      ["alg none", () => ({ form: "none" }), "invalid_id_token", /./],
      [
        "HS256 with the public key as the secret",
        () => ({ form: "HS256 with the public key" }),
        "invalid_id_token",
        /./,
      ],
      ["a key id that is not published", () => ({ form: "unknown kid" }), "invalid_id_token", /./],
      [
        "another key under a known id",
        () => ({ form: "another key under the known kid" }),
        "invalid_id_token",
        /signature/,
      ],
      [
        "for another client",
        () => ({ claims: { aud: "another-client" } }),
        "invalid_id_token",
        /aud.*another-client.*gatehouse/,
      ],
      [
        "for another client too, and issued to it",
        () => ({ claims: { aud: ["gatehouse", "other"], azp: "other" } }),
        "invalid_id_token",
        /azp/,
      ],
      [
        "of another issuer",
        () => ({ claims: { iss: "https://evil.example" } }),
        "invalid_id_token",
        /iss.*evil\.example/,
      ],
      ["with another nonce", () => ({ claims: { nonce: "another" } }), "invalid_id_token", /nonce/],
      ["without a nonce", () => ({ claims: { nonce: undefined } }), "invalid_id_token", /nonce/],
      ["expired", () => ({ claims: { exp: seconds(-3600) } }), "invalid_id_token", /exp/],
      ["not valid yet", () => ({ claims: { nbf: seconds(3600) } }), "invalid_id_token", /nbf/],
      ["without a subject", () => ({ claims: { sub: undefined } }), "invalid_id_token", /sub/],
      [
        "garbage",
        () => ({ token: { body: { access_token: "at", token_type: "Bearer", id_token: "a.b.c" } } }),
        "invalid_id_token",
        /./,
      ],
      [
        "none at all",
        () => ({ token: { body: { access_token: "at", token_type: "Bearer" } } }),
        "invalid_id_token",
        /id_token/,
      ],
    ];
    test.each(cases)("%s", async (_name, bend, code, description) => {
      const outcome = await signIn(bend());
      const issuer = cluster().url;
      expect(outcome).toMatchObject({ at: "app", error: code, code: "", state: "state-1", issuer });
      expect(outcome.description).toMatch(description);
    });

    test("of another client, from its UserInfo too: the address does not come from there either", async () => {
      op.replies.set("/userinfo", () => ({ body: { sub: "ada", email: `ada@${tenant.domain}` } }));
      const claims = { aud: "another-client", email: undefined };
      expect((await signIn({ claims })).error).toBe("invalid_id_token");
      expect(op.asked.filter(({ path }) => path === "/userinfo")).toEqual([]);
    });

    test("the same without any change is taken", async () => {
      expect((await signIn()).code).toMatch(/^.{43}$/);
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
