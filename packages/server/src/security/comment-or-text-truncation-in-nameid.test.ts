/**
 * Text cut short by a comment: `admin@x.com<!---->.evil.com` is signed as one text and must be read as one. The
 * canonical form leaves comments out, so the attacker's own identity provider may sign it and change it afterwards.
 */
import { decodeJwt } from "jose";
import { beforeAll, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { redemption } from "../testing/oauth.ts";
import { beginSaml, issue, type Outcome, postSaml } from "../testing/saml-leg.ts";
import { decode, encode } from "../testing/saml-messages.ts";
import { createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../testing/sign-in.ts";

/** What splits a text in two for a careless reader. */
const splits: [string, string][] = [
  ["an empty comment", "<!---->"],
  ["a comment", "<!-- x -->"],
  ["an empty CDATA section", "<![CDATA[]]>"],
  ["a processing instruction", "<?x y?>"],
  ["an element", "<x/>"],
  ["a declaration", '<!ENTITY x "y">'],
];

onOneNodeAndTwo((cluster) => {
  let victims: SamlTenant;
  let attackers: SamlTenant;
  beforeAll(async () => {
    victims = await createSamlTenant(cluster());
    attackers = await createSamlTenant(cluster(), { domain: `${victims.domain}.evil.com` });
    await samlSignIn(cluster(), victims, { email: `admin@${victims.domain}` });
  });

  /** Signed whole by the attacker's own identity provider, and split behind the victim's address. */
  async function signInWith(split: string, at: SamlTenant, opaque: boolean): Promise<Outcome> {
    const whole = `admin@${victims.domain}.evil.com`;
    const leg = await beginSaml(cluster(), at);
    const format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    const changes = opaque
      ? { nameId: "u-1", nameIdFormat: format, attributes: { email: whole } }
      : { nameId: whole, attributes: {} };
    const xml = decode(await issue(cluster(), at, leg, { ...changes, sign: "assertion" }));
    const cut = xml.replaceAll(`${victims.domain}.evil.com<`, `${victims.domain}${split}.evil.com<`);
    expect(cut).not.toBe(xml);
    return postSaml(at, leg, encode(cut));
  }

  const places = [
    ["NameID", false],
    ["attribute value", true],
  ] as const;

  test.each(splits.flatMap(([name, split]) => places.map((place) => [name, ...place, split] as const)))(
    "%s in a %s: the whole text or an error",
    async (_name, _place, opaque, split) => {
      const outcome = await signInWith(split, attackers, opaque);
      if (outcome.code === "") {
        expect(outcome.at).toBe("app");
        return;
      }
      const { body } = await postToken(cluster(), redemption(outcome.code));
      expect(decodeJwt(body.id_token ?? "").email).toBe(`admin@${victims.domain}.evil.com`);
    },
  );

  test("a comment is read over, so these are no refusals of everything", async () => {
    expect((await signInWith("<!---->", attackers, false)).code).not.toBe("");
  });

  test("at the victims' own connection the whole text is an address of a foreign domain", async () => {
    const outcome = await signInWith("<!---->", victims, false);
    expect(outcome).toMatchObject({ error: "invalid_user_domain", code: "" });
    expect(outcome.description).toContain(`${victims.domain}.evil.com`);
  });
});
