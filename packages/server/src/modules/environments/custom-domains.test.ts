/** Custom domains, against a real name server on loopback. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment } from "../../testing/callers.ts";
import { type DnsServer, startDnsServer } from "../../testing/dns-server.ts";

let app: TestApp;
let other: OtherEnvironment;
let dns: DnsServer;

beforeAll(async () => {
  dns = await startDnsServer();
  app = await startTestApp({ GATEHOUSE_DNS: dns.address });
  other = await createEnvironment(app);
});
beforeEach(() => dns.cname.clear());
afterAll(async () => {
  await app.stop();
  await dns.stop();
});

const path = (action: string) => `/environments/${app.environmentId}/${action}`;
const ask = (domain: string) => app.api(path("custom-domains"), { body: { custom_domain: domain } });
const check = () => app.api(path("custom-domains:check"), { body: {} });

/** The issuer that is named to a request for this host. */
async function issuerAt(host: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", port: app.port, path: "/.well-known/openid-configuration" };
    const request = httpRequest({ ...target, headers: { host } }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve(answer.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()).issuer : undefined);
    });
    request.on("error", reject).end();
  });
}

describe("the record", () => {
  test("names the environment's own address", async () => {
    const { status, body } = await app.api(path("dns"), { body: { custom_domain: "Auth.Acme.com" } });
    expect({ status, body }).toEqual({
      status: 200,
      body: { dns_records: [{ host_name: "auth.acme.com", type: "CNAME", value: "localhost" }] },
    });
  });

  test("is looked up, and the error says what is there", async () => {
    const verify = () => app.api(path("dns:verify"), { body: { custom_domain: "auth.acme.com" } });
    const refusal = (seen: string) => ({
      status: 400,
      body: {
        message: expect.stringContaining(seen),
        details: [{ error_code: "CUSTOM_DOMAIN_RECORDS" }],
      },
    });
    expect(await verify()).toMatchObject(refusal("no CNAME"));
    dns.cname.set("auth.acme.com", "elsewhere.com");
    expect(await verify()).toMatchObject(refusal("CNAME elsewhere.com"));
    dns.failure = 2;
    expect(await verify()).toMatchObject(refusal("no answer"));
    dns.failure = undefined;
    dns.cname.set("auth.acme.com", "LocalHost");
    expect(await verify()).toEqual({ status: 200, body: {} });
  });

  test.each([
    ["localhost"],
    ["10.0.0.1"],
    ["com"],
    ["co.uk"],
    ["https://auth.acme.com"],
    ["*.acme.com"],
    ["a b.com"],
  ])("is for no %s", async (domain) => {
    for (const action of ["dns", "dns:verify", "custom-domains"]) {
      const answer = await app.api(path(action), { body: { custom_domain: domain } });
      expect(answer).toMatchObject({
        status: 400,
        body: { details: [{ validation_error_info: { field_violations: [{ field: "custom_domain" }] } }] },
      });
    }
  });
});

test("without a domain there is nothing to check", async () => {
  expect(await check()).toMatchObject({
    status: 400,
    body: { details: [{ error_code: "CUSTOM_DOMAIN_MISSING" }] },
  });
});

test("is in use once its record is found, and the former address keeps answering", async () => {
  const port = new URL(app.url).port;
  const host = `auth.acme.com:${port}`;
  const asked = await ask("auth.acme.com");
  expect(asked.body.environment).toMatchObject({
    custom_domain: "auth.acme.com",
    custom_domain_status: "PENDING",
  });
  expect(await issuerAt(host)).toBeUndefined();
  expect((await check()).body.environment.custom_domain_status).toBe("PENDING");
  dns.cname.set("auth.acme.com", "elsewhere.com");
  expect((await check()).body.environment.custom_domain_status).toBe("FAILED");
  dns.cname.set("auth.acme.com", "localhost");
  expect((await check()).body.environment).toMatchObject({
    custom_domain: "auth.acme.com",
    custom_domain_status: "ACTIVE",
    domain: new URL(app.url).host,
  });
  const issuer = `http://${host}`;
  expect([await issuerAt(host), await issuerAt(new URL(app.url).host)]).toEqual([issuer, issuer]);
  expect((await app.api("/organizations")).status).toBe(200);
  // What the DNS says later does not take the issuer away.
  dns.cname.clear();
  expect((await check()).body.environment.custom_domain_status).toBe("ACTIVE");
});

test("one in use goes on being so until another one's record is found", async () => {
  const port = new URL(app.url).port;
  expect((await ask("id.acme.com")).body.environment.custom_domain_status).toBe("PENDING");
  expect(await issuerAt(`auth.acme.com:${port}`)).toBe(`http://auth.acme.com:${port}`);
  dns.cname.set("id.acme.com", "localhost");
  expect((await check()).body.environment.custom_domain_status).toBe("ACTIVE");
  expect(await issuerAt(`id.acme.com:${port}`)).toBe(`http://id.acme.com:${port}`);
  expect(await issuerAt(`auth.acme.com:${port}`)).toBeUndefined();
});

test("belongs to one environment, and is nobody's to take by asking first", async () => {
  const foreign = await other.api(`/environments/${other.id}/custom-domains`, {
    body: { custom_domain: "id.acme.com" },
  });
  expect(foreign).toMatchObject({
    status: 409,
    body: { details: [{ error_code: "ENVIRONMENT_DOMAIN_TAKEN" }] },
  });
  const free = { custom_domain: "free.acme.com" };
  expect((await other.api(`/environments/${other.id}/custom-domains`, { body: free })).status).toBe(200);
  expect((await ask("free.acme.com")).status).toBe(200);
  // The record names the environment that it is for.
  dns.cname.set("free.acme.com", "localhost");
  const theirs = await other.api(`/environments/${other.id}/custom-domains:check`, { body: {} });
  expect(theirs.body).toMatchObject({ environment: { custom_domain_status: "FAILED" } });
  expect((await check()).body.environment.custom_domain_status).toBe("ACTIVE");
});

test("of another environment is not there", async () => {
  const abroad = `/environments/${app.environmentId}`;
  const body = { custom_domain: "theirs.acme.com" };
  const answers = [
    await other.api(`${abroad}/dns`, { body }),
    await other.api(`${abroad}/dns:verify`, { body }),
    await other.api(`${abroad}/custom-domains`, { body }),
    await other.api(`${abroad}/custom-domains:check`, { body: {} }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
});
