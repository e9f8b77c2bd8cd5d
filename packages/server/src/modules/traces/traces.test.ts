/** Every attempt leaves a trace: who may read it, by which ways, and what it never holds. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeExpired } from "../../jobs/expire.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createEnvironment, sessionToken } from "../../testing/callers.ts";
import { patchConnection, setEnabled } from "../../testing/connections.ts";
import { beginSaml, issue, postSaml } from "../../testing/saml-leg.ts";
import { authorizeUrl, createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

/** A sign-in whose response is for another audience. @returns what the app was told */
async function failedSignIn(of: SamlTenant = tenant): Promise<URLSearchParams> {
  const leg = await beginSaml(app, of);
  const response = await issue(app, of, leg, { audience: "https://another-service.example" });
  const form = { SAMLResponse: response, RelayState: leg.relayState };
  const visit = await leg.browser.follow(of.acsUrl, { form, crossSite: true });
  return new URL(visit.location).searchParams;
}

const referenceIn = (answer: URLSearchParams) =>
  /\(reference ([A-Z0-9]{4}-[A-Z0-9]{4})\)/.exec(answer.get("error_description") ?? "")?.[1] ?? "";

async function traceOf(answer: URLSearchParams) {
  const { body } = await app.api(`/traces/${referenceIn(answer)}`);
  return body.trace;
}

describe("a failed sign-in", () => {
  test("tells the app a reference and a page, and the trace says what was seen and what to do", async () => {
    const answer = await failedSignIn();
    expect(answer.get("error")).toBe("invalid_saml_response");
    const trace = await traceOf(answer);
    expect(trace).toMatchObject({
      kind: "SIGN_IN",
      outcome: "FAILURE",
      organization_id: tenant.organizationId,
      connection_id: tenant.connectionId,
      client_id: app.clientId,
      error_code: "invalid_saml_response",
    });
    expect(trace.steps.map((step: { name: string; ok: boolean }) => [step.name, step.ok])).toEqual([
      ["request_sent", true],
      ["response_received", true],
      ["failed", false],
    ]);
    expect(trace.steps[1].details).toMatchObject({ audience: "https://another-service.example" });
    const { problem } = trace.steps[2];
    expect(problem).toMatchObject({
      code: "invalid_saml_response",
      reason: "audience_mismatch",
      observed: "https://another-service.example",
      expected: tenant.entityId,
    });
    expect(problem.fix.length).toBeGreaterThan(20);
  });

  test("its page needs the link: neither id nor reference opens it", async () => {
    const answer = await failedSignIn();
    const page = await new TestBrowser(app.url).visit(answer.get("error_uri") ?? "");
    expect(page.status).toBe(200);
    expect(page.body).toContain(referenceIn(answer));
    expect(page.body).toContain("https://another-service.example");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const { id } = await traceOf(answer);
    for (const name of [id, referenceIn(answer), "x".repeat(43)]) {
      expect((await new TestBrowser(app.url).visit(`${app.url}/sso/v1/traces/${name}`)).status).toBe(404);
    }
  });

  test("the reference may be typed as it was heard", async () => {
    const answer = await failedSignIn();
    const heard = referenceIn(answer).toLowerCase().replace("-", " ");
    const { body } = await app.api(`/traces/${encodeURIComponent(heard)}`);
    expect(body.trace.reference).toBe(referenceIn(answer));
  });

  test("one leg is judged once: the answer after a refused one is nobody's", async () => {
    const leg = await beginSaml(app, tenant);
    await postSaml(tenant, leg, await issue(app, tenant, leg, { sign: "none" }));
    const again = await postSaml(tenant, leg, await issue(app, tenant, leg));
    expect(again).toMatchObject({ at: "page", code: "" });
  });
});

describe("a sign-in that never left", () => {
  test("for a connection that is off: the app and the trace say so", async () => {
    const off = await createSamlTenant(app);
    await setEnabled(app, off, false);
    const visit = await new TestBrowser(app.url).visit(
      authorizeUrl(app, { connection_id: off.connectionId, login_hint: `ada@${off.domain}` }),
    );
    const answer = new URL(visit.location).searchParams;
    expect(answer.get("error")).toBe("connection_not_active");
    expect(await traceOf(answer)).toMatchObject({
      organization_id: off.organizationId,
      email: `ada@${off.domain}`,
      error_code: "connection_not_active",
    });
  });
});

describe("what a trace holds", () => {
  test("of a success: the steps, the address, and no values of attributes", async () => {
    await samlSignIn(app, tenant, { email: `grace@${tenant.domain}` });
    const { body } = await app.api(`/traces?email=GRACE@${tenant.domain}`);
    expect(body.traces).toHaveLength(1);
    expect(body.traces[0]).toMatchObject({ outcome: "SUCCESS", error_code: "", steps: [] });
    const trace = (await app.api(`/traces/${body.traces[0].id}`)).body.trace;
    expect(trace.steps.map((step: { name: string }) => step.name)).toEqual([
      ...["request_sent", "response_verified", "profile_read", "user_admitted", "app_answered"],
    ]);
    const text = JSON.stringify(trace);
    expect(text).not.toContain("Lovelace");
    expect(text).not.toContain("SAMLResponse");
    expect(text).toContain("lastName");
  });

  test("whole messages only while debug is on for the connection", async () => {
    const debugged = await createSamlTenant(app);
    await patchConnection(app, debugged, { type: "SAML", debug_enabled: true });
    await samlSignIn(app, debugged);
    const { body } = await app.api(`/traces?connection_id=${debugged.connectionId}`);
    const { trace } = (await app.api(`/traces/${body.traces[0].id}`)).body;
    const received = trace.steps.find((step: { name: string }) => step.name === "response_received");
    expect(Buffer.from(received.details.saml_response, "base64").toString()).toContain("<samlp:Response");
    expect(JSON.stringify(trace)).toContain("Lovelace");
  });
});

describe("lists", () => {
  test("filters narrow, pages follow each other, and unknown values find nothing", async () => {
    const own = await createSamlTenant(app);
    for (let index = 0; index < 3; index++) await failedSignIn(own);
    await samlSignIn(app, own);
    const path = `/traces?organization_id=${own.organizationId}`;
    expect((await app.api(path)).body.total_size).toBe(4);
    expect((await app.api(`${path}&outcome=FAILURE`)).body.total_size).toBe(3);
    expect((await app.api(`${path}&error_code=invalid_saml_response`)).body.total_size).toBe(3);
    expect((await app.api(`${path}&kind=TEST`)).body.total_size).toBe(0);
    const first = (await app.api(`${path}&page_size=3`)).body;
    expect(first.traces).toHaveLength(3);
    const second = (await app.api(`${path}&page_size=3&page_token=${first.next_page_token}`)).body;
    expect(second.traces).toHaveLength(1);
    expect((await app.api(`${path}&outcome=SUCCESS&page_token=${first.next_page_token}`)).status).toBe(400);
    expect((await app.api(`${path}&outcome=SIDEWAYS`)).status).toBe(400);
  });
});

describe("whose a trace is", () => {
  test("an end user with connections_read reads those of their own organization only", async () => {
    const theirs = await createSamlTenant(app);
    const answer = await failedSignIn(theirs);
    const token = await sessionToken(app, tenant, ["connections_read"]);
    const foreign = await app.api(`/traces/${referenceIn(answer)}`, { token });
    expect(foreign.status).toBe(404);
    const listed = await app.api(`/traces?organization_id=${theirs.organizationId}`, { token });
    expect(listed.status).toBe(404);
    const own = await app.api("/traces?page_size=100", { token });
    expect(own.body.traces.length).toBeGreaterThan(0);
    expect(new Set(own.body.traces.map((row: { organization_id: string }) => row.organization_id))).toEqual(
      new Set([tenant.organizationId]),
    );
    const without = await app.api("/traces", { token: await sessionToken(app, tenant, []) });
    expect(without.status).toBe(403);
  });

  test("another environment sees none, by id, reference or link", async () => {
    const other = await createEnvironment(app);
    const answer = await failedSignIn();
    const { id } = await traceOf(answer);
    for (const name of [id, referenceIn(answer)]) {
      expect((await other.api(`/traces/${name}`)).status).toBe(404);
    }
    const { pathname } = new URL(answer.get("error_uri") ?? "");
    expect((await new TestBrowser(other.url).visit(`${other.url}${pathname}`)).status).toBe(404);
  });
});

describe("time", () => {
  test("who leaves and does not come back is told of; old traces go", async () => {
    const own = await createSamlTenant(app);
    const leg = await beginSaml(app, own, { authorize: { login_hint: `lost@${own.domain}` } });
    expect(leg.requestId).not.toBe("");
    app.advance(601);
    await removeExpired(app.app);
    const path = `/traces?connection_id=${own.connectionId}`;
    const [abandoned] = (await app.api(path)).body.traces;
    expect(abandoned).toMatchObject({
      outcome: "ABANDONED",
      error_code: "authentication_not_completed",
      email: `lost@${own.domain}`,
    });
    await removeExpired(app.app);
    expect((await app.api(path)).body.total_size).toBe(1);
    app.advance(31 * 86_400);
    await removeExpired(app.app);
    expect((await app.api(path)).body.total_size).toBe(0);
  });
});
