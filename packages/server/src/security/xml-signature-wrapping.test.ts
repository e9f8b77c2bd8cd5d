/** Signature wrapping: XSW 1 to 8 and its relatives on signed responses, posted as an identity provider posts them. */
import { beforeAll, describe, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { patchSaml } from "../testing/connections.ts";
import { beginSaml, issue, postSaml } from "../testing/saml-leg.ts";
import { decode, encode } from "../testing/saml-messages.ts";
import { ASSERTION_ATTACKS, type Attack, RESPONSE_ATTACKS, wrap } from "../testing/saml-wrapping.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
    // The laxest setting: whichever part is signed suffices.
    await patchSaml(cluster(), tenant, { saml_signing_option: "SAML_RESPONSE_OR_ASSERTION_SIGNING" });
  });

  async function answerWith(signed: "response" | "assertion", act: Attack) {
    const leg = await beginSaml(cluster(), tenant);
    const response = await issue(cluster(), tenant, leg, { sign: signed });
    const outcome = await postSaml(tenant, leg, wrap(response, signed, act));
    return { ...outcome, hasSession: leg.browser.cookies.has("gh_session") };
  }

  const attacks = [
    ...Object.entries(RESPONSE_ATTACKS).map((entry) => [...entry, "response"] as const),
    ...Object.entries(ASSERTION_ATTACKS).map((entry) => [...entry, "assertion"] as const),
  ];
  test.each(attacks)("%s: refused, with a new ID and with the same", async (_name, make, signed) => {
    for (const id of ["_forged", undefined]) {
      const outcome = await answerWith(signed, make(id));
      expect(outcome).toMatchObject({ at: "app", code: "", hasSession: false });
      expect(["signature_validation_failed", "malformed_saml_response"]).toContain(outcome.error);
    }
  });

  test.each(["response", "assertion"] as const)("the signed %s as it was is taken", async (signed) => {
    expect(await answerWith(signed, () => {})).toMatchObject({ hasSession: true, error: "" });
  });

  describe("claims come from the signed bytes", () => {
    test("what is added around a signed assertion is not read", async () => {
      const leg = await beginSaml(cluster(), tenant);
      const xml = decode(await issue(cluster(), tenant, leg, { sign: "assertion" }));
      const email = `root@${tenant.domain}`;
      const forged = `<saml:AttributeStatement xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Attribute Name="email"><saml:AttributeValue>${email}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`;
      await postSaml(tenant, leg, encode(xml.replace("</samlp:Response>", `${forged}</samlp:Response>`)));
      const { app } = cluster();
      expect(await app.db.selectFrom("users").select("id").where("email", "=", email).execute()).toEqual([]);
    });
  });
});
