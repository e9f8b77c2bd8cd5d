/** The conditions of an assertion: each that does not hold refuses it in its own words, and a second use does, too. */
import { beforeAll, describe, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import type { IssueInput } from "../testing/saml-idp.ts";
import { beginSaml, issue, issueEdited, type Outcome, postSaml, type SamlLeg } from "../testing/saml-leg.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  type Answer = (leg: SamlLeg) => Promise<string>;
  const issued =
    (changes: () => Partial<IssueInput>): Answer =>
    (leg) =>
      issue(cluster(), tenant, leg, changes());
  const edited =
    (edit: (xml: string) => string): Answer =>
    (leg) =>
      issueEdited(cluster(), tenant, leg, edit);
  const inHours = (hours: number) => new Date(cluster().app.now().getTime() + hours * 3_600_000);

  async function signIn(answer: Answer, leg?: SamlLeg): Promise<Outcome> {
    const own = leg ?? (await beginSaml(cluster(), tenant));
    const outcome = await postSaml(tenant, own, await answer(own));
    expect(own.browser.cookies.has("gh_session")).toBe(outcome.code !== "");
    return outcome;
  }

  const conditions: [string, Answer, string, RegExp][] = [
    ["expired", issued(() => ({ now: inHours(-1) })), "response_expired", /has expired/],
    [
      "expired by its Conditions alone",
      edited((xml) => xml.replace(/(<saml:Conditions [^>]*NotOnOrAfter=")[^"]*/, "$12020-01-01T00:00:00Z")),
      "assertion_expired",
      /has expired/,
    ],
    ["not yet valid", issued(() => ({ now: inHours(1) })), "invalid_saml_response", /not valid yet/],
    [
      "for another audience",
      issued(() => ({ audience: "https://other.example" })),
      "invalid_saml_response",
      /another application/,
    ],
    [
      "without an audience",
      edited((xml) => xml.replace(/<saml:AudienceRestriction>.*?<\/saml:AudienceRestriction>/s, "")),
      "invalid_saml_response",
      /audience/i,
    ],
    [
      "for another recipient",
      edited((xml) => xml.replace(/Recipient="[^"]*"/, 'Recipient="https://other.example/acs"')),
      "invalid_acs_url",
      /another ACS URL/,
    ],
    [
      "for another destination",
      issued(() => ({ acsUrl: "https://other.example/acs" })),
      "invalid_acs_url",
      /another ACS URL/,
    ],
    [
      "to another request",
      issued(() => ({ inResponseTo: "_another" })),
      "invalid_saml_response",
      /another request/,
    ],
    [
      "to no request",
      edited((xml) => xml.replace(/ InResponseTo="[^"]*"/g, "")),
      "invalid_saml_response",
      /answers no request/,
    ],
    [
      "under a condition that nobody knows",
      edited((xml) => xml.replace("</saml:Conditions>", `${unknownCondition}</saml:Conditions>`)),
      "invalid_saml_response",
      /condition/i,
    ],
    [
      "of another issuer",
      edited((xml) => xml.replaceAll(tenant.idp.entityId, "https://other.example")),
      "invalid_saml_response",
      /another identity provider/,
    ],
  ];
  const unknownCondition =
    '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x:Moon" xmlns:x="urn:x"/>';

  test.each(conditions)("%s", async (_name, answer, code, words) => {
    const outcome = await signIn(answer);
    expect(outcome).toMatchObject({ at: "app", error: code, code: "" });
    expect(outcome.description).toMatch(words);
  });

  test("the same without any change is taken", async () => {
    expect((await signIn(edited((xml) => xml))).code).not.toBe("");
  });

  describe("replayed", () => {
    test("in another sign-in: the response answers another request", async () => {
      const [first, second] = [await beginSaml(cluster(), tenant), await beginSaml(cluster(), tenant)];
      const response = await issue(cluster(), tenant, first);
      expect((await signIn(async () => response, first)).code).not.toBe("");
      const again = await signIn(async () => response, second);
      expect(again).toMatchObject({ at: "app", error: "invalid_saml_response", state: "state-1" });
    });

    test("under the same assertion id, in a response to the right request", async () => {
      const sameId = edited((xml) => xml.replace(/(<saml:Assertion [^>]*ID=")[^"]*/, "$1_same"));
      expect((await signIn(sameId)).code).not.toBe("");
      const again = await signIn(sameId);
      expect(again).toMatchObject({ at: "app", error: "invalid_saml_response" });
      expect(again.description).toMatch(/was used before/);
    });
  });
});
