/** Document types and entities: refused before anything is parsed, in responses and in metadata, at no cost. */
import { beforeAll, describe, expect, test } from "vitest";
import { METADATA_XML, parseXml, RESPONSE_XML } from "../protocols/saml/parse-xml.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { createConnection } from "../testing/connections.ts";
import { beginSaml, issue, postSaml } from "../testing/saml-leg.ts";
import { decode, encode, reasonOf } from "../testing/saml-messages.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

const laughs = `<!ENTITY e0 "ha">${Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join("")}`;
/** One megabyte of entities that stand for more than the universe. */
const bomb = `<!DOCTYPE x [${laughs}${`<!ENTITY p "${"&e20;".repeat(100)}">`.repeat(2_100)}]><x>&e20;</x>`;

const types: [string, string, string][] = [
  ["a plain DOCTYPE", "<!DOCTYPE x>", ""],
  ["an entity for a name", '<!DOCTYPE x [<!ENTITY a "Eve">]>', "&a;"],
  ["an external entity", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"],
  ["a parameter entity", '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1/x.dtd"> %a;]>', ""],
  ["an external subset", '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">', ""],
  ["nested entities", `<!DOCTYPE x [${laughs}]>`, "&e20;"],
  ["a default attribute", '<!DOCTYPE x [<!ATTLIST x ID CDATA "_forged">]>', ""],
  ["a DOCTYPE inside a comment", "<!-- <!DOCTYPE x> -->", ""],
];

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  const post = async (bend: (xml: string) => string) => {
    const leg = await beginSaml(cluster(), tenant);
    return postSaml(tenant, leg, encode(bend(decode(await issue(cluster(), tenant, leg)))));
  };

  test.each(types)("a response with %s", async (_name, declaration, use) => {
    const outcome = await post((xml) => declaration + xml.replace(">Ada<", `>${use || "Ada"}<`));
    expect(outcome).toMatchObject({ at: "app", error: "malformed_saml_response", code: "" });
    expect(outcome.description).toMatch(/DOCTYPE/);
  });

  test("a response of one megabyte of entities", async () => {
    // Larger than a form may be; half of it is read, and refused for what it holds.
    expect(await post(() => bomb)).toMatchObject({ at: "page", status: 413, code: "" });
    const half = `${bomb.slice(0, 500_000)}">]><x/>`;
    expect(await post(() => half)).toMatchObject({ at: "app", error: "malformed_saml_response", code: "" });
  });

  test.each(types)("metadata with %s", async (_name, declaration) => {
    const { connectionId } = await createConnection(cluster(), tenant.organizationId, "SAML");
    const path = `/organizations/${tenant.organizationId}/connections/${connectionId}:import_metadata`;
    const answer = await cluster().api(path, { body: { xml: declaration + tenant.idp.metadataXml } });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/DOCTYPE/);
  });
});

describe("the bomb costs nothing", () => {
  test.each([RESPONSE_XML, METADATA_XML])("refused within 50 ms, without growth of memory", (profile) => {
    expect(bomb.length).toBeGreaterThan(1_000_000);
    const { heapUsed } = process.memoryUsage();
    const times = Array.from({ length: 5 }, () => {
      const start = process.hrtime.bigint();
      expect(["doctype_refused", "too_large"]).toContain(reasonOf(() => parseXml(bomb, profile)));
      return Number(process.hrtime.bigint() - start) / 1e6;
    });
    expect(Math.min(...times)).toBeLessThan(50);
    expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(32 * 1024 * 1024);
  });
});
