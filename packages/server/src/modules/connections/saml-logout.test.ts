/**
 * SAML single logout, begun here and begun at the identity provider, with the messages of `samlp` and forged ones. Two
 * servers answer in turn, so that no step finds what the one before it left in memory.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestBrowser, type Visit } from "../../testing/browser.ts";
import { startTestCluster, type TestCluster } from "../../testing/cluster.ts";
import { patchSaml } from "../../testing/connections.ts";
import { redemption } from "../../testing/oauth.ts";
import { testKey } from "../../testing/saml-idp.ts";
import { beginSaml, issue, postSaml } from "../../testing/saml-leg.ts";
import {
  byPost,
  byRedirect,
  type Carried,
  carriedBy,
  createLogoutTenant,
  LogoutIdp,
  type LogoutTenant,
  logoutRequest,
  xmlOf,
} from "../../testing/saml-logout.ts";
import { authorizeUrl, createSamlTenant, postToken } from "../../testing/sign-in.ts";

let app: TestCluster;
let tenant: LogoutTenant;
const goodbye = "https://app.acme.test/goodbye";

beforeAll(async () => {
  app = await startTestCluster();
  app.route("two nodes");
  tenant = await createLogoutTenant(app);
  const patch = { post_logout_redirect_uris: [goodbye] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body: patch });
});
afterAll(async () => app.stop());

interface SignedIn {
  browser: TestBrowser;
  nameId: string;
  refreshToken: string;
}

let people = 0;

async function signIn(
  at: LogoutTenant,
  sessionIndex: string,
  nameId = `person-${++people}@${at.domain}`,
): Promise<SignedIn> {
  const leg = await beginSaml(app, at);
  const { code } = await postSaml(at, leg, await issue(app, at, leg, { nameId, sessionIndex }));
  const { body } = await postToken(app, redemption(code));
  return { browser: leg.browser, nameId, refreshToken: body.refresh_token ?? "" };
}

async function isSignedIn({ browser }: SignedIn): Promise<boolean> {
  const { location } = await browser.visit(authorizeUrl(app, { prompt: "none" }));
  return new URL(location).searchParams.has("code");
}

function logout(browser: TestBrowser, values: Record<string, string> = {}): Promise<Visit> {
  return browser.visit(`${app.url}/oidc/logout?${new URLSearchParams(values)}`);
}

/** The identity provider sends its browser to us. */
function bring(carried: Carried | undefined, browser = new TestBrowser(app.url)): Promise<Visit> {
  if (!carried) throw new Error("the identity provider sent nothing");
  return browser.visit(carried.url, { ...(carried.form && { form: carried.form }), crossSite: true });
}

async function eventsOf(name: string): Promise<number> {
  const rows = await app.app.db.selectFrom("events").select("id").where("type", "=", name).execute();
  return rows.length;
}

describe("begun here", () => {
  test.each(["redirect", "post"] as const)(
    "by %s: the session ends, samlp accepts our request, and the browser comes back to the app",
    async (binding) => {
      const at = await createLogoutTenant(app, binding);
      const signedIn = await signIn(at, "_index-1");
      const away = await logout(signedIn.browser, { post_logout_redirect_uri: goodbye, state: "s 1" });
      expect(await isSignedIn(signedIn)).toBe(false);
      const sent = carriedBy(away);
      expect(sent.url.startsWith(at.idpSloUrl)).toBe(true);
      expect(xmlOf(sent)).toContain("<samlp:SessionIndex>_index-1</samlp:SessionIndex>");
      const idp = new LogoutIdp(at, [{ nameId: signedIn.nameId, sessionIndex: "_index-1" }], binding);
      const { carried, error } = await idp.take(sent);
      expect(error).toBeUndefined();
      const back = await bring(carried, signedIn.browser);
      const status = binding === "post" ? 303 : 302;
      expect([back.status, back.location]).toEqual([status, `${goodbye}?state=s+1`]);
      // The handle was for once.
      expect((await bring(carried, signedIn.browser)).status).toBe(400);
    },
  );

  test("our request repeats the NameID and is refused by samlp when it was tampered with", async () => {
    const signedIn = await signIn(tenant, "_index-1");
    const sent = carriedBy(await logout(signedIn.browser));
    expect(xmlOf(sent)).toMatch(
      new RegExp(
        `<saml:NameID Format="[^"]+emailAddress">${signedIn.nameId.replaceAll(".", "\\.")}</saml:NameID>`,
      ),
    );
    const forged = { url: sent.url.replace("RelayState=", "RelayState=x") };
    const idp = new LogoutIdp(tenant, [{ nameId: signedIn.nameId, sessionIndex: "_index-1" }]);
    expect((await idp.take(forged)).error?.message).toMatch(/Signature check/);
  });

  test("without an address of the app it ends on our page", async () => {
    const signedIn = await signIn(tenant, "_index-1");
    const idp = new LogoutIdp(tenant, [{ nameId: signedIn.nameId, sessionIndex: "_index-1" }]);
    const { carried } = await idp.take(carriedBy(await logout(signedIn.browser)));
    const back = await bring({ url: carried?.url.replace("/slo?", "/slo/callback?") ?? "" });
    expect(back.status).toBe(200);
    expect(back.body).toContain("You are signed out");
    // Signed for the other of our two addresses, which are one.
    expect(back.body).not.toContain("has not confirmed");
  });

  test("a connection that does not want it sends nobody away, nor does one without a session", async () => {
    const at = await createLogoutTenant(app, "redirect", { idp_slo_required: false });
    const { browser } = await signIn(at, "_index-1");
    expect((await logout(browser, { post_logout_redirect_uri: goodbye })).location).toBe(goodbye);
    expect((await logout(browser, { post_logout_redirect_uri: goodbye })).location).toBe(goodbye);
  });

  test("an address that is not the app's is refused before the identity provider is asked", async () => {
    const signedIn = await signIn(tenant, "_index-1");
    const visit = await logout(signedIn.browser, { post_logout_redirect_uri: "https://evil.test/" });
    expect([visit.status, visit.location]).toEqual([400, ""]);
    expect(await isSignedIn(signedIn)).toBe(false);
  });

  test("required without an address of the identity provider is refused", async () => {
    const plain = await createSamlTenant(app);
    const refused = await patchSaml(app, plain, { idp_slo_required: true });
    expect([refused.status, refused.body.details[0].error_code]).toEqual([400, "CONNECTION_SLO_URL_MISSING"]);
    const emptied = await patchSaml(app, tenant, { idp_slo_url: "" });
    expect(emptied.status).toBe(400);
  });

  describe("an answer that says less than success leads on all the same, and our page says so", () => {
    async function answered(edit: (xml: string) => string, key = tenant.idp.privateKey) {
      const { browser } = await signIn(tenant, "_index-1");
      const sent = carriedBy(await logout(browser));
      const relayState = new URL(sent.url).searchParams.get("RelayState") ?? "";
      const id = /ID="([^"]+)"/.exec(xmlOf(sent))?.[1] ?? "";
      const xml = `<p:LogoutResponse xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_answer" Version="2.0" IssueInstant="${app.app.now().toISOString()}" Destination="${tenant.sloUrl}" InResponseTo="${id}"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">${tenant.idp.entityId}</Issuer><p:Status><p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status></p:LogoutResponse>`;
      return bring(byRedirect(tenant, edit(xml), { relayState, key, parameter: "SAMLResponse" }), browser);
    }
    const traced = () =>
      app.app.db
        .selectFrom("traces")
        .select(["outcome", "error_code"])
        .where("kind", "=", "logout")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();

    test("success says nothing", async () => {
      const visit = await answered((xml) => xml);
      expect(visit.body).not.toContain("has not confirmed");
      expect(await traced()).toMatchObject({ outcome: "success" });
    });

    test.each([
      ["a failure", (xml: string) => xml.replace("status:Success", "status:Responder"), "Responder"],
      [
        "another request's",
        (xml: string) => xml.replace(/InResponseTo="[^"]+"/, 'InResponseTo="_x"'),
        "another request",
      ],
      [
        "another issuer's",
        (xml: string) => xml.replace("https://idp-", "https://evil-"),
        "another identity provider",
      ],
      ["for another address", (xml: string) => xml.replace("/slo", "/elsewhere"), "another logout URL"],
    ])("%s", async (_, edit, said) => {
      const visit = await answered(edit);
      expect(visit.status).toBe(200);
      expect(visit.body).toContain("You are signed out");
      expect(visit.body).toContain("has not confirmed");
      expect(visit.body).toContain(said);
      expect(await traced()).toMatchObject({ outcome: "failure" });
    });

    test("one that is signed by another key", async () => {
      const visit = await answered((xml) => xml, testKey("another").privateKey);
      expect(visit.body).toContain("was not made with any certificate");
    });

    test("none that waits: a page, and no way on", async () => {
      const xml = "<p:LogoutResponse xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_a'/>";
      const visit = await bring(
        byRedirect(tenant, xml, { relayState: "https://evil.test/", parameter: "SAMLResponse" }),
      );
      expect([visit.status, visit.location]).toEqual([400, ""]);
    });
  });

  test("the answer of another connection does not finish it", async () => {
    const other = await createLogoutTenant(app);
    const signedIn = await signIn(tenant, "_index-1");
    const idp = new LogoutIdp(tenant, [{ nameId: signedIn.nameId, sessionIndex: "_index-1" }]);
    const { carried } = await idp.take(carriedBy(await logout(signedIn.browser)));
    const elsewhere = carried?.url.replace(tenant.connectionId, other.connectionId) ?? "";
    expect((await bring({ url: elsewhere })).status).toBe(400);
    expect((await bring(carried)).status).toBe(200);
  });
});

describe("begun at the identity provider", () => {
  test.each(["redirect", "post"] as const)(
    "by %s: of two browsers the one that is named is signed out, its refresh token too, and samlp accepts our answer",
    async (binding) => {
      const at = await createLogoutTenant(app, binding);
      const first = await signIn(at, "_first");
      const second = await signIn(at, "_second", first.nameId);
      const before = await eventsOf("user.logout");
      const idp = new LogoutIdp(at, [{ nameId: first.nameId, sessionIndex: "_first" }], binding);
      const { carried } = await idp.take();
      const visit = await bring(carried, first.browser);
      expect(await isSignedIn(first)).toBe(false);
      expect(await isSignedIn(second)).toBe(true);
      const refresh = { grant_type: "refresh_token", refresh_token: first.refreshToken };
      expect((await postToken(app, refresh)).status).toBe(400);
      expect(await eventsOf("user.logout")).toBe(before + 1);
      const answer = carriedBy(visit);
      if (binding === "post") {
        // The identity provider may have loaded it in a frame.
        expect(visit.headers.get("content-security-policy")).toContain(
          "frame-ancestors https://idp.example.com",
        );
        expect(visit.headers.has("x-frame-options")).toBe(false);
      }
      expect(answer.url.startsWith(at.idpSloUrl)).toBe(true);
      expect(await idp.take(answer)).toEqual({ status: 200 });
      if (binding === "redirect") expect(first.browser.cookies.has("gh_session")).toBe(false);
    },
  );

  test("without a SessionIndex all browsers of the person are signed out, and nobody else", async () => {
    const first = await signIn(tenant, "_first");
    const second = await signIn(tenant, "_second", first.nameId);
    const neighbour = await signIn(tenant, "_first");
    await bring(byPost(tenant, logoutRequest(app, tenant, first.nameId)));
    expect([await isSignedIn(first), await isSignedIn(second), await isSignedIn(neighbour)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("several sessions may be named", async () => {
    const first = await signIn(tenant, "_1");
    const [second, third] = [
      await signIn(tenant, "_2", first.nameId),
      await signIn(tenant, "_3", first.nameId),
    ];
    const xml = logoutRequest(app, tenant, first.nameId, { sessionIndexes: ["_1", "_2"] });
    await bring(byRedirect(tenant, xml));
    expect([await isSignedIn(first), await isSignedIn(second), await isSignedIn(third)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("the cookie of another session in the same browser stays", async () => {
    const [named, other] = [await signIn(tenant, "_1"), await signIn(tenant, "_2")];
    const visit = await bring(byRedirect(tenant, logoutRequest(app, tenant, named.nameId)), other.browser);
    expect(visit.headers.getSetCookie()).toEqual([]);
    expect(await isSignedIn(other)).toBe(true);
  });

  test("somebody who is not known: success, since nothing is left to end", async () => {
    const xml = logoutRequest(app, tenant, `nobody@${tenant.domain}`);
    const answer = carriedBy(await bring(byRedirect(tenant, xml, { relayState: "their state" })));
    expect(xmlOf(answer)).toContain("status:Success");
    expect(new URL(answer.url).searchParams.get("RelayState")).toBe("their state");
  });

  test("an identity provider without a logout address: the session ends, and our page says so", async () => {
    const at = await createLogoutTenant(app, "redirect", { idp_slo_required: false });
    const signedIn = await signIn(at, "_1");
    await patchSaml(app, at, { idp_slo_url: "" });
    const visit = await bring(byPost(at, logoutRequest(app, at, signedIn.nameId)));
    expect([visit.status, visit.body.includes("You are signed out")]).toEqual([200, true]);
    expect(await isSignedIn(signedIn)).toBe(false);
  });

  describe("of a message that nobody vouches for, nothing ends and nothing is answered", () => {
    const xmlFor = (nameId: string) => logoutRequest(app, tenant, nameId);
    const stranger = testKey("stranger").privateKey;
    const cut = (url: string, name: string) => url.replace(new RegExp(`&${name}=[^&]*`), "");

    const cases: [string, (nameId: string) => Carried][] = [
      [
        "unsigned, redirect",
        (id) => ({ url: cut(cut(byRedirect(tenant, xmlFor(id)).url, "Signature"), "SigAlg") }),
      ],
      ["unsigned, post", (id) => ({ url: tenant.sloUrl, form: { SAMLRequest: btoa(xmlFor(id)) } })],
      ["without SigAlg", (id) => ({ url: cut(byRedirect(tenant, xmlFor(id)).url, "SigAlg") })],
      ["another key, redirect", (id) => byRedirect(tenant, xmlFor(id), { key: stranger })],
      ["another key, post", (id) => byPost(tenant, xmlFor(id), stranger)],
      [
        "SHA-1",
        (id) => byRedirect(tenant, xmlFor(id), { algorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1" }),
      ],
      [
        "another NameID than the signed one, post",
        (id) => {
          const { form } = byPost(tenant, xmlFor("x@y.test"));
          return {
            url: tenant.sloUrl,
            form: { SAMLRequest: btoa(atob(form?.SAMLRequest ?? "").replace("x@y.test", id)) },
          };
        },
      ],
      [
        "another message than the signed one, redirect",
        (id) => {
          const signed = new URL(byRedirect(tenant, xmlFor("x@y.test")).url).searchParams;
          const wanted = new URL(byRedirect(tenant, xmlFor(id)).url).searchParams;
          signed.set("SAMLRequest", wanted.get("SAMLRequest") ?? "");
          return { url: `${tenant.sloUrl}?${signed}` };
        },
      ],
      [
        "two messages in one query, of which one is signed",
        (id) => {
          const forged = new URL(byRedirect(tenant, xmlFor(id)).url).searchParams.get("SAMLRequest") ?? "";
          const { url } = byRedirect(tenant, xmlFor("x@y.test"));
          return { url: `${url}&SAMLRequest=${encodeURIComponent(forged)}` };
        },
      ],
      [
        "the parameter's name in another spelling",
        (id) => {
          const forged = new URL(byRedirect(tenant, xmlFor(id)).url).searchParams.get("SAMLRequest") ?? "";
          const { url } = byRedirect(tenant, xmlFor("x@y.test"));
          return { url: `${url}&SAML%52equest=${encodeURIComponent(forged)}` };
        },
      ],
      [
        "another issuer",
        (id) => byPost(tenant, logoutRequest(app, tenant, id, { issuer: "https://evil.test" })),
      ],
      [
        "another destination",
        (id) => byPost(tenant, logoutRequest(app, tenant, id, { destination: "https://sp.test/slo" })),
      ],
      ["no base64", () => ({ url: tenant.sloUrl, form: { SAMLRequest: "<x/>" } })],
      ["a bomb", () => byRedirect(tenant, `<x>${"a".repeat(200_000)}</x>`)],
      [
        "a sign-in answer",
        () => byRedirect(tenant, "<Response xmlns='urn:oasis:names:tc:SAML:2.0:protocol'/>"),
      ],
      ["nothing", () => ({ url: tenant.sloUrl })],
    ];

    test.each(cases)("%s", async (name, forge) => {
      const victim = await signIn(tenant, "_1");
      const visit = await bring(forge(victim.nameId), victim.browser);
      const harmless = name === "the parameter's name in another spelling";
      // The signed message is read, and the other one is not seen.
      expect([visit.status, visit.location !== ""]).toEqual(harmless ? [302, true] : [400, false]);
      expect(await isSignedIn(victim)).toBe(true);
    });
  });

  describe("what the identity provider wrote and we do not accept is answered with a reason", () => {
    async function refusal(xml: string): Promise<string> {
      return xmlOf(carriedBy(await bring(byRedirect(tenant, xml))));
    }

    test("expired", async () => {
      const victim = await signIn(tenant, "_1");
      const late = logoutRequest(app, tenant, victim.nameId, { notOnOrAfter: -121, issued: -400 });
      expect(await refusal(late)).toMatch(/status:Requester.*has expired/);
      expect(await refusal(logoutRequest(app, tenant, victim.nameId, { issued: -721 }))).toMatch(
        /has expired/,
      );
      expect(await refusal(logoutRequest(app, tenant, victim.nameId, { issued: 150 }))).toMatch(
        /in the future/,
      );
      expect(await isSignedIn(victim)).toBe(true);
    });

    test("replayed after the person has signed in again", async () => {
      const first = await signIn(tenant, "_1");
      const carried = byRedirect(tenant, logoutRequest(app, tenant, first.nameId));
      expect(xmlOf(carriedBy(await bring(carried)))).toContain("status:Success");
      const again = await signIn(tenant, "_2", first.nameId);
      expect(xmlOf(carriedBy(await bring(carried)))).toMatch(/status:Requester.*was used before/);
      expect(await isSignedIn(again)).toBe(true);
    });

    test("replayed twenty times at once: one is answered with success", async () => {
      const { nameId } = await signIn(tenant, "_1");
      const before = await eventsOf("user.logout");
      const carried = byRedirect(tenant, logoutRequest(app, tenant, nameId));
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => xmlOf(carriedBy(await bring(carried)))),
      );
      expect(answers.filter((xml) => xml.includes("status:Success"))).toHaveLength(1);
      expect(await eventsOf("user.logout")).toBe(before + 1);
    });

    test("an encrypted name", async () => {
      const xml = logoutRequest(app, tenant, "x").replace("<NameID>x</NameID>", "<EncryptedID/>");
      expect(await refusal(xml)).toMatch(/status:Requester.*NameID is encrypted/);
    });
  });

  test("another connection's sessions are not found, even of the same name", async () => {
    const other = await createLogoutTenant(app);
    const victim = await signIn(tenant, "_1");
    const xml = logoutRequest(app, other, victim.nameId, { sessionIndexes: ["_1"] });
    expect(xmlOf(carriedBy(await bring(byPost(other, xml))))).toContain("status:Success");
    expect(await isSignedIn(victim)).toBe(true);
    // Nor does its signature count at the other's address.
    const there = logoutRequest(app, tenant, victim.nameId);
    expect((await bring(byPost(tenant, there, other.idp.privateKey))).status).toBe(400);
    expect(await isSignedIn(victim)).toBe(true);
  });

  test("unknown connections and those of another kind are refused", async () => {
    const xml = logoutRequest(app, tenant, "x");
    for (const id of ["conn_000000000000000000", "x"]) {
      const { form } = byPost(tenant, xml);
      const url = `${app.url}/sso/v1/saml/${id}/slo`;
      expect((await bring({ url, ...(form && { form }) })).status).toBe(400);
    }
  });

  test("strangers fill no table: of refusals each node writes down one a minute", async () => {
    const at = await createLogoutTenant(app);
    const count = async () => {
      const rows = await app.app.db
        .selectFrom("traces")
        .select("id")
        .where("connection_id", "=", at.connectionId)
        .execute();
      return rows.length;
    };
    const forged = () => bring(byPost(at, logoutRequest(app, at, "x"), testKey("stranger").privateKey));
    const first = await forged();
    for (let again = 0; again < 5; again++) await forged();
    expect(await count()).toBe(app.nodes.length);
    expect(first.body).toContain("/sso/v1/traces/");
  });
});
