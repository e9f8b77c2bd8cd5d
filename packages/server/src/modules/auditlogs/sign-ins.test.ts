/** The log of sign-ins: each state of one, the filters, the pages, and who may read it. */
import { Code } from "@connectrpc/connect";
import { AuditLogsService } from "@gatehouse/contract/scalekit/v1/auditlogs/auditlogs_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeExpired } from "../../jobs/expire.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createEnvironment, rpc, sessionToken } from "../../testing/callers.ts";
import { authorizeUrl, createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

interface Entry {
  auth_request_id: string;
  status: string;
  email: string;
  timestamp: string;
}

const log = async (query = "") => {
  const { status, body } = await app.api(`/logs/authentication/requests?${query}`);
  return { status, body, entries: (body.authRequests ?? []) as Entry[] };
};

const begin = (values: Record<string, string>) => new TestBrowser(app.url).visit(authorizeUrl(app, values));

describe("a sign-in", () => {
  test("that went well is a success, with all that is known of it", async () => {
    await samlSignIn(app, tenant);
    const { entries, body } = await log();
    expect(entries).toHaveLength(1);
    expect(body).toMatchObject({ total_size: 1, next_page_token: "", prev_page_token: "" });
    const connection = {
      connection_id: tenant.connectionId,
      organization_id: tenant.organizationId,
      connection_type: "SAML",
      connection_provider: "CUSTOM",
    };
    expect(entries[0]).toMatchObject({
      ...connection,
      environment_id: app.environmentId,
      auth_request_id: expect.stringMatching(/^req_\d{18}$/),
      email: expect.stringContaining("@"),
      status: "SUCCESS",
      timestamp: expect.stringMatching(/Z$/),
      connection_details: [connection],
      workflow: "sso",
      client_id: app.clientId,
      client_name: "Default application",
      client_type: "ENV",
    });
  });

  test("is initiated on the hosted page, and pending at the identity provider", async () => {
    await begin({});
    expect((await log()).entries[0]).toMatchObject({
      status: "INITIATED",
      connection_details: [],
      workflow: "",
    });
    await begin({ connection_id: tenant.connectionId });
    expect((await log()).entries[0]).toMatchObject({ status: "PENDING" });
  });

  test("that failed is told once, though its user may try again", async () => {
    const before = (await log("page_size=100")).entries.length;
    const { answer } = await samlSignIn(app, tenant, { email: "eve@other.example" });
    expect(answer.get("error")).toBe("invalid_user_domain");
    const { entries } = await log("page_size=100");
    expect(entries.length).toBe(before + 1);
    expect(entries[0]).toMatchObject({ status: "FAILED", email: "eve@other.example" });
  });

  test("whose user never came back stays pending when its request is gone", async () => {
    app.advance(3 * 3_600);
    await removeExpired(app.app);
    const { entries } = await log("status=PENDING");
    expect(entries.length).toBeGreaterThan(0);
    expect((await log("status=INITIATED")).entries).toEqual([]);
  });
});

describe("the list", () => {
  test("goes in pages, forwards and back, newest first", async () => {
    for (let at = 0; at < 5; at++) await begin(at % 2 === 0 ? {} : { connection_id: tenant.connectionId });
    await samlSignIn(app, tenant);
    const all = (await log("page_size=100")).entries;
    const pages = [await log("page_size=2")];
    while (pages.at(-1)?.body.next_page_token)
      pages.push(await log(`page_size=2&page_token=${pages.at(-1)?.body.next_page_token}`));
    expect(pages.flatMap((page) => page.entries)).toEqual(all);
    const back = await log(`page_size=2&page_token=${pages[1]?.body.prev_page_token}`);
    expect(back.entries).toEqual(pages[0]?.entries);
  });

  test("narrows to states, in any letters", async () => {
    const { entries, body } = await log("status=success&status=Initiated&page_size=100");
    expect(new Set(entries.map((entry) => entry.status))).toEqual(new Set(["SUCCESS", "INITIATED"]));
    expect(body.total_size).toBe(entries.length);
  });

  test("narrows to an address in any letters, a client and a span of time", async () => {
    const { entries } = await log("status=SUCCESS");
    const { email = "", timestamp = "" } = entries[0] ?? {};
    const byEmail = (await log(`email=${encodeURIComponent(email.toUpperCase())}`)).entries;
    expect(new Set(byEmail.map((entry) => entry.email))).toEqual(new Set([email]));
    expect((await log(`email=${email.slice(1)}`)).entries).toEqual([]);
    expect((await log(`client_id=${app.clientId}`)).entries.length).toBeGreaterThan(0);
    expect((await log("client_id=skc_1")).entries).toEqual([]);
    const only = await log(`start_time=${timestamp}&end_time=${timestamp}`);
    expect(only.entries.map((entry) => entry.timestamp)).toEqual([timestamp]);
  });

  test("has no sign-in for an MCP server or a connected account yet", async () => {
    expect((await log("resource_id=res_1")).body).toMatchObject({ authRequests: [], total_size: 0 });
    expect((await log("connected_account_identifier=x")).entries).toEqual([]);
  });

  test.each([
    "status=DONE",
    "page_token=garbage",
    "page_token=3",
    "start_time=yesterday",
    "page_size=-1",
    "email=%00",
  ])("refuses ?%s with 400", async (query) => {
    expect((await log(query)).status).toBe(400);
  });

  test("answers on gRPC, and refuses an instant that no calendar has", async () => {
    const client = rpc(app, AuditLogsService);
    expect((await client.listAuthRequests({ status: ["FAILED", "SUCCESS"] })).totalSize).toBeGreaterThan(0);
    const asked = client.listAuthRequests({ endTime: { seconds: 2n ** 60n, nanos: 0 } });
    await expect(asked).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("who reads it", () => {
  test("another environment sees its own", async () => {
    const other = await createEnvironment(app);
    const { body } = await other.api(`/logs/authentication/requests?client_id=${app.clientId}`);
    expect(body).toMatchObject({ authRequests: [], total_size: 0 });
  });

  test("an end user may not", async () => {
    const token = await sessionToken(app, tenant, []);
    expect((await app.api("/logs/authentication/requests", { token })).status).toBe(403);
  });

  test("nobody may without a token", async () => {
    expect((await fetch(`${app.url}/api/v1/logs/authentication/requests`)).status).toBe(401);
  });
});
