/** Domains through the front door: every operation, what counts as a domain, and who may see one. */
import { Code } from "@connectrpc/connect";
import { DomainService, DomainType } from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken } from "../../testing/callers.ts";
import { type Places, type Scenario, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "globex", "empty"]) {
    const created = await app.api("/organizations", {
      body: { display_name: name, external_id: `ext-${name}` },
    });
    places[name] = created.body.organization.id;
  }
  const add = (organization: string, body: object) =>
    app.api(`/organizations/${places[organization]}/domains`, { body });
  places.acmeDomain = (await add("acme", { domain: "acme.com" })).body.domain.id;
  places.globexDomain = (await add("globex", { domain: "globex.com" })).body.domain.id;
});
afterAll(async () => app.stop());

const notFound = (code: string) => ({ code: 5, details: [{ error_code: code }] });
const refused = (code: string) => ({ code: 3, details: [{ error_code: code }] });
const created = (domain: string, rest: object = {}) => ({
  domain: { domain, organization_id: "{acme}", ...rest },
});

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "makes an organization's domain, verified at once, when the type is left out",
      request: "POST /organizations/{acme}/domains",
      body: { domain: "acme.org" },
      status: 200,
      answer: created("acme.org", {
        id: expect.stringMatching(/^dom_\d{18}$/),
        environment_id: expect.stringMatching(/^env_\d{18}$/),
        domain_type: "ORGANIZATION_DOMAIN",
        verification_method: "ADMIN",
        verification_status: "VERIFIED",
        txt_record_key: expect.stringMatching(/^gatehouse-verify-dom_\d{18}$/),
        txt_record_secret: expect.stringMatching(/^[0-9a-f]{32}$/),
      }),
      events: ["organization.domain_created"],
    },
    {
      name: "makes an allowed domain, which has nothing to prove",
      request: "POST /organizations/{acme}/domains",
      body: { domain: "partner.com", domain_type: "ALLOWED_EMAIL_DOMAIN" },
      status: 200,
      answer: created("partner.com", {
        domain_type: "ALLOWED_EMAIL_DOMAIN",
        verification_method: "NOT_APPLICABLE",
        verification_status: "AUTO_VERIFIED",
      }),
      events: ["organization.domain_created"],
    },
    {
      name: "lets two organizations allow one domain",
      request: "POST /organizations/{globex}/domains",
      body: { domain: "partner.com", domain_type: "ALLOWED_EMAIL_DOMAIN" },
      status: 200,
      events: ["organization.domain_created"],
    },
    {
      name: "refuses a domain that the organization has",
      request: "POST /organizations/{acme}/domains",
      body: { domain: "acme.com" },
      status: 400,
      answer: refused("DOMAIN_EXISTS"),
    },
    {
      name: "refuses another organization's domain, in other letters too",
      request: "POST /organizations/{globex}/domains",
      body: { domain: "ACME.com." },
      status: 400,
      answer: refused("DOMAIN_EXISTS"),
    },
    {
      name: "refuses an unknown organization",
      request: "POST /organizations/org_100000000000000001/domains",
      body: { domain: "nobody.com" },
      status: 404,
      answer: notFound("ORGANIZATION_NOT_FOUND"),
    },
    {
      name: "refuses a type that there is not",
      request: "POST /organizations/{acme}/domains",
      body: { domain: "typo.com", domain_type: "MY_DOMAIN" },
      status: 400,
    },
    {
      name: "refuses the number of a type that there is not",
      request: "POST /organizations/{acme}/domains",
      body: { domain: "typo.com", domain_type: 999 },
      status: 400,
      answer: refused("INVALID_ARGUMENT"),
    },
    {
      name: "refuses a body without a domain",
      request: "POST /organizations/{acme}/domains",
      body: {},
      status: 400,
      answer: { details: [{ validation_error_info: { field_violations: [{ field: "domain.domain" }] } }] },
    },
  ]);

  const written: [given: string, kept: string][] = [
    ["UPPER.Example.NET", "upper.example.net"],
    ["  spaces.example.net ", "spaces.example.net"],
    ["trailing.example.net.", "trailing.example.net"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["例え.テスト", "xn--r8jz45g.xn--zckzah"],
    ["sub.example.com", "sub.example.com"],
    ["mail.deep.example.co.uk", "mail.deep.example.co.uk"],
  ];
  testScenarios(
    () => app,
    places,
    written.map(
      ([domain, kept]): Scenario => ({
        name: `keeps "${domain}" as ${kept}`,
        request: "POST /organizations/{acme}/domains",
        body: { domain },
        status: 200,
        answer: created(kept),
        events: ["organization.domain_created"],
      }),
    ),
  );

  const invalid = [
    "invalid-domain-name",
    "localhost",
    "10.0.0.1",
    "[::1]",
    "a..b.com",
    ".acme.com",
    "-a.com",
    "a b.com",
  ];
  const alsoInvalid = [
    "https://acme.com",
    "acme.com/path",
    "ada@acme.com",
    "acme.com:443",
    "*.acme.com",
    "acme.com..",
    "....",
    "acme.com?x=.org",
    "acme%2ecom.org",
    "under_score.acme.com",
    "a\u0001b.com",
  ];
  const open = [
    "gmail.com",
    "outlook.com",
    "yahoo.com",
    "eu.mail.ru",
    "mailinator.com",
    "GMAIL.com.",
    "co.uk",
    "github.io",
    "com.",
  ];
  testScenarios(
    () => app,
    places,
    [
      ...[...invalid, ...alsoInvalid].map((domain) => ({ domain, code: "DOMAIN_INVALID" })),
      ...open.map((domain) => ({ domain, code: domain === "com." ? "DOMAIN_INVALID" : "DOMAIN_PUBLIC" })),
    ].map(
      ({ domain, code }): Scenario => ({
        name: `refuses ${JSON.stringify(domain)}`,
        request: "POST /organizations/{acme}/domains",
        body: { domain },
        status: 400,
        answer: refused(code),
      }),
    ),
  );

  test.each([
    ["three characters", "a.b"],
    ["256 characters", `${"a".repeat(252)}.com`],
    ["NUL", "ac\0me.com"],
    ["1 MB", "a".repeat(1_000_000)],
  ])("refuses a domain with %s as a broken rule", async (_name, domain) => {
    const { status, body } = await app.api(`/organizations/${places.acme}/domains`, { body: { domain } });
    expect({ status, code: body.details[0].error_code }).toEqual({ status: 400, code: "INVALID_ARGUMENT" });
  });

  test("of several at once, one wins", async () => {
    const paths = ["acme", "globex", "acme", "globex"].map(
      (name) => `/organizations/${places[name]}/domains`,
    );
    const answers = await Promise.all(
      paths.map((path) => app.api(path, { body: { domain: "contested.com" } })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400, 400, 400]);
  });
});

describe("get, list and delete", () => {
  testScenarios(() => app, places, [
    {
      name: "get answers",
      request: "GET /organizations/{acme}/domains/{acmeDomain}",
      status: 200,
      answer: { domain: { id: "{acmeDomain}", domain: "acme.com" } },
    },
    {
      name: "get does not find an unknown one",
      request: "GET /organizations/{acme}/domains/dom_100000000000000001",
      status: 404,
      answer: notFound("DOMAIN_NOT_FOUND"),
    },
    {
      name: "get does not find another organization's",
      request: "GET /organizations/{acme}/domains/{globexDomain}",
      status: 404,
      answer: notFound("DOMAIN_NOT_FOUND"),
    },
    {
      name: "get refuses an id of another kind",
      request: "GET /organizations/{acme}/domains/{acme}",
      status: 400,
      answer: {
        code: 3,
        details: [{ validation_error_info: { field_violations: [{ field: "id", constraint: "id.kind" }] } }],
      },
    },
    {
      name: "get does not find in an unknown organization",
      request: "GET /organizations/org_1/domains/{acmeDomain}",
      status: 404,
      answer: notFound("ORGANIZATION_NOT_FOUND"),
    },
    { name: "get refuses NUL", request: "GET /organizations/{acme}/domains/dom_%00", status: 400 },
    {
      name: "list of an organization without any is empty",
      request: "GET /organizations/{empty}/domains",
      status: 200,
      answer: { domains: [], page_size: 30, page_number: 0 },
    },
    {
      name: "list does not know an unknown organization",
      request: "GET /organizations/org_1/domains",
      status: 404,
    },
    {
      name: "list keeps to a type",
      request: "GET /organizations/{globex}/domains?domain_type=ALLOWED_EMAIL_DOMAIN",
      status: 200,
      answer: { domains: [{ domain: "partner.com" }] },
    },
    {
      name: "list keeps to the other type",
      request: "GET /organizations/{globex}/domains?domain_type=2&page_size=100",
      status: 200,
      answer: { domains: expect.not.arrayContaining([expect.objectContaining({ domain: "partner.com" })]) },
    },
    {
      name: "list refuses a type that there is not",
      request: "GET /organizations/{globex}/domains?domain_type=ALL",
      status: 400,
    },
    {
      name: "list goes by page number",
      request: "GET /organizations/{acme}/domains?page_size=1&page_number=1",
      status: 200,
      answer: { domains: [expect.anything()], page_size: 1, page_number: 1 },
    },
    {
      name: "list is empty behind its end",
      request: "GET /organizations/{acme}/domains?page_size=2147483647&page_number=2147483647",
      status: 200,
      answer: { domains: [], page_size: 100 },
    },
    {
      name: "list takes negative numbers for none",
      request: "GET /organizations/{acme}/domains?page_size=-1&page_number=-1",
      status: 200,
      answer: { page_size: 30, page_number: 0 },
    },
    {
      name: "list refuses a number that is too large",
      request: "GET /organizations/{acme}/domains?page_size=2147483648",
      status: 400,
    },
    {
      name: "delete does not find another organization's",
      request: "DELETE /organizations/{acme}/domains/{globexDomain}",
      status: 404,
      answer: notFound("DOMAIN_NOT_FOUND"),
    },
    {
      name: "delete ends a domain",
      request: "DELETE /organizations/{acme}/domains/{acmeDomain}",
      status: 200,
      answer: {},
      events: ["organization.domain_deleted"],
    },
    {
      name: "delete finds it no more",
      request: "DELETE /organizations/{acme}/domains/{acmeDomain}",
      status: 404,
      answer: notFound("DOMAIN_NOT_FOUND"),
    },
    {
      name: "the domain is free for another",
      request: "POST /organizations/{globex}/domains",
      body: { domain: "acme.com" },
      status: 200,
      events: ["organization.domain_created"],
    },
  ]);

  test("of several deletes at once, one wins", async () => {
    const path = `/organizations/${places.globex}/domains`;
    const { body } = await app.api(path, { body: { domain: "twice.com" } });
    const deletes = [1, 2, 3].map(() => app.api(`${path}/${body.domain.id}`, { method: "DELETE" }));
    expect((await Promise.all(deletes)).map((answer) => answer.status).sort()).toEqual([200, 404, 404]);
  });

  test("by external id works on gRPC, in every method", async () => {
    const client = rpc(app, DomainService);
    const identities = { case: "externalId", value: "ext-empty" } as const;
    const domain = (await client.createDomain({ identities, domain: { domain: "by-ref.com" } })).domain;
    expect(domain).toMatchObject({
      organizationId: places.empty,
      domainType: DomainType.ORGANIZATION_DOMAIN,
    });
    const id = domain?.id ?? "";
    expect((await client.getDomain({ identities, id })).domain?.domain).toBe("by-ref.com");
    expect((await client.listDomains({ identities })).domains.map((each) => each.id)).toEqual([id]);
    const foreign = { case: "externalId", value: "ext-acme" } as const;
    await expect(client.deleteDomain({ identities: foreign, id })).rejects.toMatchObject({
      code: Code.NotFound,
    });
    await client.deleteDomain({ identities, id });
    expect((await client.listDomains({ identities })).domains).toEqual([]);
    await expect(client.listDomains({})).rejects.toMatchObject({ code: Code.NotFound });
  });
});

test("a domain that the customer adds must be proven by DNS first", async () => {
  const tenant = await createSamlTenant(app);
  const token = await sessionToken(app, tenant, ["organizations_read", "organizations_write"]);
  const path = `/organizations/${tenant.organizationId}/domains`;
  const { status, body } = await app.api(path, { body: { domain: "claimed.com" }, token });
  expect({ status, method: body.domain.verification_method, state: body.domain.verification_status }).toEqual(
    {
      status: 200,
      method: "DNS",
      state: "PENDING",
    },
  );
  const found = await app.api("/connections?domain=claimed.com");
  expect(found.body.connections).toEqual([]);
  expect(JSON.stringify(app.logged)).not.toContain(body.domain.txt_record_secret);
  expect(await toldSoFar(app)).toContain("claimed.com");
});
