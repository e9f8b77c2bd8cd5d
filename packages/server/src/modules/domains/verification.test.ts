/** Proving a domain by DNS: on request and by schedule, against a real name server on loopback. */
import { Code } from "@connectrpc/connect";
import { DomainService, VerificationStatus } from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyDomains } from "../../jobs/verify-domains.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken } from "../../testing/callers.ts";
import { type DnsServer, startDnsServer } from "../../testing/dns-server.ts";
import { eventTypesSince, lastEventId } from "../../testing/scenarios.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let dns: DnsServer;
let app: TestApp;
let ours: SamlTenant;
let theirs: SamlTenant;
const permissions = ["organizations_read", "organizations_write"];
const minute = 60;

beforeAll(async () => {
  dns = await startDnsServer();
  app = await startTestApp({ GATEHOUSE_DNS: dns.address });
  ours = await createSamlTenant(app);
  theirs = await createSamlTenant(app);
});
afterAll(async () => {
  await app.stop();
  await dns.stop();
});

/** Adds a domain as an organization's own user. The clock moves on, so each call signs in anew. */
async function claim(tenant: SamlTenant, domain: string) {
  const token = await sessionToken(app, tenant, permissions);
  const path = `/organizations/${tenant.organizationId}/domains`;
  const { body } = await app.api(path, { body: { domain }, token });
  const { id, txt_record_key: key, txt_record_secret: secret } = body.domain;
  return {
    id: id as string,
    record: `${key}=${secret}`,
    verify: async () => (await app.api(`${path}/${id}:verify`, { method: "PATCH", body: {} })).body.verified,
    status: async () => (await app.api(`${path}/${id}`)).body.domain.verification_status,
  };
}

const runJob = () => verifyDomains.run(app.app, app.systemCtx);

describe("verify", () => {
  test("finds the record, tells of it once, and lets the domain lead to single sign-on", async () => {
    const domain = await claim(ours, "proven.example");
    expect(domain.record).toMatch(/^gatehouse-verify-dom_\d{18}=[0-9a-f]{32}$/);
    dns.txt.set("proven.example", ["v=spf1 -all", domain.record]);
    const since = await lastEventId(app);
    expect(await Promise.all([domain.verify(), domain.verify(), domain.verify()])).toEqual([
      true,
      true,
      true,
    ]);
    expect(await domain.status()).toBe("VERIFIED");
    expect(await eventTypesSince(app, since)).toEqual(["organization.domain_dns_verification_success"]);
    const { body } = await app.api("/connections?domain=proven.example");
    expect(body.connections).toHaveLength(1);
  });

  test.each([
    ["no such name", undefined],
    ["no record", []],
    ["another secret", ["gatehouse-verify-dom_100000000000000001=00000000000000000000000000000000"]],
    ["the secret without its name", ["{secret}"]],
    ["more behind the secret", ["{record}x"]],
    ["the record in other letters", ["{RECORD}"]],
  ])("is false for %s, and no error", async (kind, records) => {
    const name = `${kind.replaceAll(" ", "-")}.example`;
    const domain = await claim(ours, name);
    const [, secret = ""] = domain.record.split("=");
    const filled = records?.map((record) =>
      record
        .replace("{secret}", secret)
        .replace("{record}", domain.record)
        .replace("{RECORD}", domain.record.toUpperCase()),
    );
    if (filled) dns.txt.set(name, filled);
    expect(await domain.verify()).toBe(false);
    expect(await domain.status()).toBe("PENDING");
  });

  test("is false while the name server fails", async () => {
    const domain = await claim(ours, "unreachable.example");
    dns.failure = 2;
    expect(await domain.verify()).toBe(false);
    dns.failure = undefined;
    expect(await domain.status()).toBe("PENDING");
  });

  test("needs no record of a domain that the application added", async () => {
    const path = `/organizations/${ours.organizationId}/domains`;
    for (const type of ["ORGANIZATION_DOMAIN", "ALLOWED_EMAIL_DOMAIN"]) {
      const { body } = await app.api(path, { body: { domain: "trusted.example", domain_type: type } });
      const verified = await app.api(`${path}/${body.domain.id}:verify`, { method: "PATCH" });
      expect(verified).toEqual({ status: 200, body: { verified: true } });
    }
    expect(dns.asked).not.toContain("trusted.example");
  });

  test("does not find another organization's domain, nor one that there is not", async () => {
    const domain = await claim(theirs, "foreign.example");
    const token = await sessionToken(app, ours, permissions);
    for (const organization of [ours.organizationId, theirs.organizationId]) {
      const path = `/organizations/${organization}/domains/${domain.id}:verify`;
      expect((await app.api(path, { method: "PATCH", token })).status).toBe(404);
    }
    const client = rpc(app, DomainService);
    const identities = { case: "organizationId", value: ours.organizationId } as const;
    await expect(client.verifyDomain({ identities, id: domain.id })).rejects.toMatchObject({
      code: Code.NotFound,
    });
    await expect(client.verifyDomain({ identities, id: "org_1" })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });
});

describe("a claim of somebody else", () => {
  test("keeps nobody from a domain, and ends when another proves it first", async () => {
    const squatter = await claim(theirs, "contested.example");
    const owner = await claim(ours, "contested.example");
    dns.txt.set("contested.example", [owner.record]);
    expect(await squatter.verify()).toBe(false);
    expect(await owner.verify()).toBe(true);
    dns.txt.set("contested.example", [owner.record, squatter.record]);
    const since = await lastEventId(app);
    expect(await squatter.verify()).toBe(false);
    expect(await squatter.status()).toBe("FAILED");
    expect(await eventTypesSince(app, since)).toEqual(["organization.domain_dns_verification_failed"]);
    const again = await app.api(`/organizations/${theirs.organizationId}/domains`, {
      body: { domain: "contested.example" },
    });
    expect({ status: again.status, code: again.body.details[0].error_code }).toEqual({
      status: 400,
      code: "DOMAIN_EXISTS",
    });
  });
});

describe("the schedule", () => {
  const lookUps = (name: string) => dns.asked.filter((asked) => asked === name).length;

  test("looks after 5 minutes and not before, hourly after an hour, and finds the record", async () => {
    const domain = await claim(ours, "slow.example");
    await runJob();
    expect(lookUps("slow.example")).toBe(0);
    app.advance(5 * minute);
    await runJob();
    await runJob();
    expect(lookUps("slow.example")).toBe(1);
    app.advance(60 * minute);
    await runJob();
    app.advance(30 * minute);
    await runJob();
    expect(lookUps("slow.example")).toBe(2);
    dns.txt.set("slow.example", [domain.record]);
    app.advance(30 * minute);
    const since = await lastEventId(app);
    await runJob();
    expect(await domain.status()).toBe("VERIFIED");
    expect(await eventTypesSince(app, since)).toContain("organization.domain_dns_verification_success");
    app.advance(120 * minute);
    await runJob();
    expect(lookUps("slow.example")).toBe(3);
  });

  test("gives up after 48 hours, tells of it once, and a record comes too late then", async () => {
    const domain = await claim(ours, "never.example");
    app.advance(47 * 60 * minute);
    await runJob();
    expect(await domain.status()).toBe("PENDING");
    app.advance(61 * minute);
    const since = await lastEventId(app);
    await Promise.all([runJob(), runJob()]);
    expect(await domain.status()).toBe("FAILED");
    const told = (await eventTypesSince(app, since)).filter((type) => type.endsWith("verification_failed"));
    expect(told.length).toBeGreaterThan(0);
    dns.txt.set("never.example", [domain.record]);
    expect(await domain.verify()).toBe(false);
    const events = await app.app.db
      .selectFrom("events")
      .select("payload")
      .where("type", "=", "organization.domain_dns_verification_failed")
      .execute();
    const ofDomain = events.filter(({ payload }) => (payload as { id: string }).id === domain.id);
    expect(ofDomain).toHaveLength(1);
  });

  test("a domain that failed can be deleted and added again, with a new secret", async () => {
    const { domains } = (await app.api(`/organizations/${ours.organizationId}/domains?page_size=100`)).body;
    const failed = domains.find((each: { domain: string }) => each.domain === "never.example");
    await app.api(`/organizations/${ours.organizationId}/domains/${failed.id}`, { method: "DELETE" });
    const again = await claim(ours, "never.example");
    dns.txt.set("never.example", [again.record]);
    expect(await again.verify()).toBe(true);
  });
});

describe("update, lists and connections", () => {
  test("update answers with the domain as it is", async () => {
    const domain = await claim(ours, "unchanged.example");
    const path = `/organizations/${ours.organizationId}/domains/${domain.id}`;
    const { status, body } = await app.api(path, { method: "PATCH", body: { domain: "other.example" } });
    expect({ status, name: body.domain.domain }).toEqual({ status: 200, name: "unchanged.example" });
  });

  test("a list has the records only when it is asked for them", async () => {
    const client = rpc(app, DomainService);
    const identities = { case: "organizationId", value: ours.organizationId } as const;
    const plain = await client.listDomains({ identities });
    expect(new Set(plain.domains.map((each) => each.txtRecordSecret))).toEqual(new Set([""]));
    const detailed = await client.listDomains({ identities, include: "verification_details" });
    expect(detailed.domains.every((each) => /^[0-9a-f]{32}$/.test(each.txtRecordSecret))).toBe(true);
  });

  test("a domain that is added for a connection leads to it, and is found by it", async () => {
    const path = `/organizations/${ours.organizationId}`;
    const { body } = await app.api(`${path}/connections`, { body: { provider: "OKTA", type: "SAML" } });
    const connectionId = body.connection.id as string;
    const client = rpc(app, DomainService);
    const identities = { case: "organizationId", value: ours.organizationId } as const;
    const added = await client.createDomain({ identities, connectionId, domain: { domain: "led.example" } });
    expect(added.domain?.verificationStatus).toBe(VerificationStatus.VERIFIED);
    const listed = await client.listDomains({ identities, connectionId });
    expect(listed.domains.map((each) => each.domain)).toEqual(["led.example"]);
    expect((await client.listDomains({ identities, connectionId: theirs.connectionId })).domains).toEqual([]);
    const foreign = { identities, connectionId: theirs.connectionId, domain: { domain: "stolen.example" } };
    await expect(client.createDomain(foreign)).rejects.toMatchObject({ code: Code.NotFound });
    const names = (await client.listDomains({ identities, pageSize: 100 })).domains.map(
      (each) => each.domain,
    );
    expect(names).not.toContain("stolen.example");
  });
});

describe("authorized domains", () => {
  const origins = async (linkId: string) => {
    const answer = await fetch(`${app.url}/api/v1/domains/localhost?link_id=${linkId}`);
    return (await answer.json()) as { domains: string[] };
  };

  test("are told to who holds a link, and to nobody else", async () => {
    await app.api(`/clients/${app.clientId}`, {
      method: "PATCH",
      body: { post_login_uris: ["https://app.acme.com/callback", "com.acme.app:/callback"] },
    });
    const { body } = await app.api(`/organizations/${ours.organizationId}/portal_links`, { method: "PUT" });
    const token = body.link.location.split("/").at(-1);
    expect((await origins(token)).domains).toContain("https://app.acme.com");
    expect((await origins(`${token}_pc`)).domains).not.toContain("null");
    for (const unknown of ["", body.link.id, "0".repeat(64), `${token}x`, "%F0%9F%8F%AF"])
      expect(await origins(unknown)).toEqual({ domains: [] });
    app.advance(minute);
    expect(await origins(token)).toEqual({ domains: [] });
  });
});
