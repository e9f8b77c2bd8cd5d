/** A response signs in once, whatever of it is sent a second time and however fast. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { beginSaml, issue, issueEdited, outcomeOf, postSaml, type SamlLeg } from "../../testing/saml-leg.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

/** Our GET that a posted response is kept for. */
async function ticketUrl(leg: SamlLeg, response: string): Promise<string> {
  const form = { SAMLResponse: response, RelayState: leg.relayState };
  const visit = await leg.browser.visit(tenant.acsUrl, { form, crossSite: true });
  expect(visit.status).toBe(303);
  return visit.location;
}

test("of many responses that are posted for one sign-in, only the last is kept", async () => {
  const leg = await beginSaml(app, tenant);
  const response = await issue(app, tenant, leg);
  const first = await ticketUrl(leg, response);
  const last = await ticketUrl(leg, response);
  const kept = await app.app.db.selectFrom("saml_responses").select("ticket_hash").execute();
  expect(kept).toHaveLength(1);
  expect(outcomeOf(await leg.browser.visit(first)).at).toBe("page");
  expect(outcomeOf(await leg.browser.visit(last)).code).not.toBe("");
});

describe("a second use fails", () => {
  test("of the post", async () => {
    const leg = await beginSaml(app, tenant);
    const response = await issue(app, tenant, leg);
    expect((await postSaml(tenant, leg, response)).code).not.toBe("");
    expect(await postSaml(tenant, leg, response)).toMatchObject({ at: "page", status: 400 });
  });

  test("of the ticket", async () => {
    const leg = await beginSaml(app, tenant);
    const url = await ticketUrl(leg, await issue(app, tenant, leg));
    expect(outcomeOf(await leg.browser.visit(url)).code).not.toBe("");
    expect(outcomeOf(await leg.browser.visit(url))).toMatchObject({ at: "page", status: 400 });
  });

  test("of the response, in another sign-in", async () => {
    const [first, second] = [await beginSaml(app, tenant), await beginSaml(app, tenant)];
    const response = await issue(app, tenant, first);
    expect((await postSaml(tenant, first, response)).code).not.toBe("");
    const again = await postSaml(tenant, second, response);
    expect(again).toMatchObject({ at: "app", error: "invalid_saml_response", state: "state-1" });
  });

  test("of the assertion's id, in a response to another request", async () => {
    const sameId = (xml: string) => xml.replace(/(<saml:Assertion [^>]*ID=")[^"]*/, "$1_same");
    const [first, second] = [await beginSaml(app, tenant), await beginSaml(app, tenant)];
    expect((await postSaml(tenant, first, await issueEdited(app, tenant, first, sameId))).code).not.toBe("");
    const again = await postSaml(tenant, second, await issueEdited(app, tenant, second, sameId));
    expect(again).toMatchObject({ at: "app", error: "invalid_saml_response" });
    expect(again.description).toMatch(/was used before/);
  });

  test("of a ticket that has expired, or that another browser shows", async () => {
    const leg = await beginSaml(app, tenant);
    const url = await ticketUrl(leg, await issue(app, tenant, leg));
    const stranger = (await beginSaml(app, tenant)).browser;
    expect(outcomeOf(await stranger.visit(url)).at).toBe("page");
    app.advance(121);
    expect(outcomeOf(await leg.browser.visit(url)).at).toBe("page");
  });
});

describe("of twenty at once, one wins", () => {
  test("with one ticket", async () => {
    const leg = await beginSaml(app, tenant);
    const url = await ticketUrl(leg, await issue(app, tenant, leg));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => outcomeOf(await leg.browser.visit(url))),
    );
    expect(outcomes.filter(({ code }) => code !== "")).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status >= 500)).toEqual([]);
  });

  test("with twenty posts", async () => {
    const leg = await beginSaml(app, tenant);
    const response = await issue(app, tenant, leg);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => postSaml(tenant, leg, response)));
    expect(outcomes.filter(({ code }) => code !== "")).toHaveLength(1);
    expect(outcomes.filter(({ error }) => error === "server_error")).toEqual([]);
  });
});
