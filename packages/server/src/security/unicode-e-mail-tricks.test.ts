/** Addresses that look alike: normalized first and judged afterwards, they are one account or none. */
import { beforeAll, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { says, signedInAs, signInAs } from "../testing/saml-person.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

const noAddress = "mandatory_attribute_missing";
const cases: [string, (email: string) => string, string][] = [
  ["other case", (email) => email.toUpperCase(), "same"],
  ["other case in the domain", (email) => email.replace("tenant", "TeNaNt"), "same"],
  ["spaces around", (email) => ` ${email} `, "same"],
  ["full-width letters", (email) => email.replace("a", "ａ"), "same"],
  ["a full-width @", (email) => email.replace("@", "＠"), noAddress],
  ["a small @", (email) => email.replace("@", "﹫"), noAddress],
  ["two @", (email) => `x@${email}`, noAddress],
  ["a quoted local part with an @", (email) => `"x@evil.com"@${email}`, noAddress],
  ["a Cyrillic letter before the @", (email) => email.replace("a", "а"), noAddress],
  ["a Cyrillic letter behind it", (email) => email.replace("@tenant", "@tеnant"), "invalid_user_domain"],
  ["a dotted capital I", (email) => email.replace("ada", "a\u0130a"), noAddress],
  ["a Kelvin sign", (email) => email.replace("ada", "a\u212aa"), "another"],
  ["an ideographic full stop", (email) => email.replace(".com", "。com"), noAddress],
  ["a letter of no width", (email) => email.replace("@", "\u200b@"), noAddress],
  ["a soft hyphen", (email) => email.replace("@", "\u00ad@"), noAddress],
  ["a mark that turns the direction", (email) => `\u202e${email}`, noAddress],
  ["a second address behind a comma", (email) => `${email},x@evil.com`, noAddress],
  ["an address in brackets", (email) => `Ada <${email}>`, noAddress],
  ["a trailing dot", (email) => `${email}.`, noAddress],
];

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  let ada: Record<string, unknown>;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
    ada = await signedInAs(cluster(), tenant, says("ada", `ada@${tenant.domain}`));
  });

  test.each(cases)("%s", async (name, change, expected) => {
    const changed = says(name, change(`ada@${tenant.domain}`));
    if (expected === "same") expect((await signedInAs(cluster(), tenant, changed)).sub).toBe(ada.sub);
    else if (expected === "another")
      expect((await signedInAs(cluster(), tenant, changed)).sub).not.toBe(ada.sub);
    else expect(await signInAs(cluster(), tenant, changed)).toMatchObject({ error: expected, code: "" });
  });
});
