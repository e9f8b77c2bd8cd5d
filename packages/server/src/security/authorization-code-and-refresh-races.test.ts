/** Codes and refresh tokens in parallel hands: one use succeeds, and a second one ends what the first was given. */
import { beforeAll, describe, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { addClient, redemption, signInForTokens } from "../testing/oauth.ts";
import { createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../testing/sign-in.ts";

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  let users = 0;
  const someone = () => `user-${++users}@${tenant.domain}`;
  const newCode = async () =>
    (await samlSignIn(cluster(), tenant, { email: someone() })).answer.get("code") ?? "";
  const newRefreshToken = async () =>
    (await signInForTokens(cluster(), tenant, { email: someone() })).tokens.refresh_token ?? "";
  const redeem = (code: string) => postToken(cluster(), redemption(code));
  const refresh = (token: string | undefined, more: Record<string, string> = {}) =>
    postToken(cluster(), { grant_type: "refresh_token", refresh_token: token ?? "", ...more });
  const times = <T>(count: number, act: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, n) => act(n)));

  /** One succeeded, the rest heard invalid_grant. */
  async function expectOneOf(all: Awaited<ReturnType<typeof redeem>>[]) {
    const [won, ...others] = all.toSorted((a, b) => a.status - b.status);
    expect(won?.status).toBe(200);
    expect(others.filter(({ status, body }) => status !== 400 || body.error !== "invalid_grant")).toEqual([]);
    return won?.body ?? {};
  }

  describe("a code", () => {
    test("a hundred redemptions at once: one succeeds, and what it granted ends", async () => {
      const code = await newCode();
      const won = await expectOneOf(await times(100, () => redeem(code)));
      expect((await refresh(won.refresh_token)).body.error).toBe("invalid_grant");
    });

    test("a second redemption ends what the first was given", async () => {
      const code = await newCode();
      const first = await redeem(code);
      expect(first.status).toBe(200);
      expect((await redeem(code)).body.error).toBe("invalid_grant");
      expect((await refresh(first.body.refresh_token)).body.error).toBe("invalid_grant");
    });

    test("in the hands of two clients at once only its own redeems it", async () => {
      const [code, other] = [await newCode(), await addClient(cluster())];
      const stolen = { ...redemption(code), client_id: other.id, client_secret: other.secret };
      const all = await times(20, (n) => (n % 2 === 0 ? postToken(cluster(), stolen) : redeem(code)));
      expect(all.filter(({ status }, n) => status === 200 && n % 2 === 0)).toEqual([]);
      await expectOneOf(all);
    });

    test("redeemed while its browser signs out grants nothing that lasts", async () => {
      const { browser, answer } = await samlSignIn(cluster(), tenant, { email: someone() });
      const [redeemed] = await Promise.all([
        redeem(answer.get("code") ?? ""),
        browser.visit(`${cluster().url}/oidc/logout`),
      ]);
      expect((await refresh(redeemed.body.refresh_token ?? "rt_none")).body.error).toBe("invalid_grant");
    });
  });

  describe("a refresh token", () => {
    test("a hundred uses at once: one succeeds, and the family ends", async () => {
      const token = await newRefreshToken();
      const won = await expectOneOf(await times(100, () => refresh(token)));
      expect((await refresh(won.refresh_token)).body.error).toBe("invalid_grant");
    });

    test("a rotated one that is shown again ends the whole family", async () => {
      const first = await newRefreshToken();
      const second = (await refresh(first)).body.refresh_token;
      const third = await refresh(second);
      expect(third.status).toBe(200);
      expect((await refresh(first)).body.error).toBe("invalid_grant");
      expect((await refresh(third.body.refresh_token)).body.error).toBe("invalid_grant");
    });

    test("used and shown again at once, at most one of its heirs is alive, and then none", async () => {
      const first = await newRefreshToken();
      const { body } = await refresh(first);
      const both = await Promise.all([refresh(first), refresh(body.refresh_token)]);
      expect(both[0].status).toBe(400);
      expect((await refresh(both[1].body.refresh_token ?? body.refresh_token)).body.error).toBe(
        "invalid_grant",
      );
    });

    test("another client's attempt neither uses it nor ends its family", async () => {
      const [token, other] = [await newRefreshToken(), await addClient(cluster())];
      const stolen = await refresh(token, { client_id: other.id, client_secret: other.secret });
      expect([stolen.status, stolen.body.error]).toEqual([400, "invalid_grant"]);
      expect((await refresh(token)).status).toBe(200);
    });
  });
});
