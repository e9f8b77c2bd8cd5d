/** Every way to misbehave, in a whole sign-in: what the app is told, and what the trace of it explains. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { readForm, TestBrowser, type Visit } from "../../testing/browser.ts";
import { authorizeUrl } from "../../testing/sign-in.ts";
import { escapeHtml } from "../../transport/page.ts";
import { adviceFor } from "../traces/advice.ts";
import { groups, misbehaviours, misbehavioursOf, type Protocol } from "./misbehaviours.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const protocols = ["SAML", "OpenID Connect"] as const;

/** From the app to the page of the simulator. */
async function begin(protocol: Protocol): Promise<{ browser: TestBrowser; chooser: Visit }> {
  const { samlConnectionId = "", oidcConnectionId = "" } = app.testOrganization ?? {};
  const browser = new TestBrowser(app.url);
  const connection_id = protocol === "SAML" ? samlConnectionId : oidcConnectionId;
  return { browser, chooser: await browser.follow(authorizeUrl(app, { connection_id })) };
}

/** A whole sign-in at whose page a button is pressed. @returns the last page, and the query of the app's callback */
async function signIn(protocol: Protocol, pressed: Record<string, string>) {
  const { browser, chooser } = await begin(protocol);
  const { action, fields } = readForm(chooser.body);
  let visit = await browser.follow(`${app.url}${action}`, { form: { ...fields, ...pressed } });
  if (visit.body.includes("SAMLResponse")) {
    const post = readForm(visit.body);
    visit = await browser.follow(post.action, { form: post.fields, crossSite: true });
  }
  const told = visit.location === "" ? new URLSearchParams() : new URL(visit.location).searchParams;
  return { visit, told };
}

/** What the trace behind an error says of the step that failed. */
async function problemOf(told: URLSearchParams) {
  const reference = /\(reference ([\w-]+)\)$/.exec(told.get("error_description") ?? "")?.[1];
  const { body } = await app.api(`/traces/${reference}`);
  return body.trace.steps.find((step: { problem?: object }) => step.problem)?.problem;
}

/** Cuts the server's patience with others short, so that a test need not wait. */
function hurry(): void {
  const { fetch } = app.app;
  app.app.fetch = (url, init) => fetch(url, { ...init, timeoutMs: 300 });
  onTestFinished(() => {
    app.app.fetch = fetch;
  });
}

describe.each(protocols)("%s", (protocol) => {
  test("behaves unless it is told otherwise", async () => {
    const { told } = await signIn(protocol, { person: "ada" });
    expect(told.get("code")).toMatch(/./);
  });

  const answered = misbehavioursOf(protocol).filter(({ ends }) => ends[protocol]?.error !== "");

  test.each(answered)("$key: the app is told why, and the trace how to mend it", async ({ key, ends }) => {
    if (key === "slow") hurry();
    // The first use of what is sent twice is a good one.
    if (key === "replayed")
      expect((await signIn(protocol, { person: "ada", misbehaviour: key })).told.has("code")).toBe(true);
    const { told } = await signIn(protocol, { person: "ada", misbehaviour: key });
    const { error = "", reason = "" } = ends[protocol] ?? {};
    expect([told.get("error"), told.has("code")]).toEqual([error, false]);
    const problem = await problemOf(told);
    expect(problem).toMatchObject({ code: error, reason, fix: adviceFor(error, reason).fix });
    const page = await fetch(told.get("error_uri") ?? "");
    expect(await page.text()).toContain(`<h1>${escapeHtml(adviceFor(error, reason).title)}</h1>`);
  });
});

test("a SAML identity provider that is down answers the user itself, and the app hears nothing", async () => {
  const { visit } = await signIn("SAML", { person: "ada", misbehaviour: "down" });
  expect([visit.status, visit.location]).toEqual([503, ""]);
  expect(visit.body).toContain("The application learns nothing of it");
});

describe("the page", () => {
  test.each(protocols)("offers the ways of %s, and only those", async (protocol) => {
    const { chooser } = await begin(protocol);
    const offered = [...chooser.body.matchAll(/name="misbehaviour" value="(\w+)"/g)].map(([, key]) => key);
    expect(offered.sort()).toEqual(
      misbehavioursOf(protocol)
        .map(({ key }) => key)
        .sort(),
    );
  });

  test("shows every way in a group that it has", () => {
    expect(misbehaviours.filter(({ group }) => !groups.includes(group))).toEqual([]);
  });
});
