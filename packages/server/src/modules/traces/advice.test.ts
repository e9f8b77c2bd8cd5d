import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authErrors } from "../auth/errors.ts";
import { connectionErrors } from "../connections/errors.ts";
import { adviceByCode, adviceByReason, adviceFor } from "./advice.ts";

const sources = join(import.meta.dirname, "../..");
const samlErrors = readFileSync(join(sources, "protocols/saml/saml-error.ts"), "utf8");
const reasonTable = samlErrors.slice(samlErrors.indexOf("CODE_OF_REASON = {")).split("} as const")[0] ?? "";
const samlReasons = [...reasonTable.matchAll(/^ {2}(\w+): "(\w+)"/gm)];

/** The reasons that OpenID providers give. */
const evidence = readFileSync(join(sources, "modules/traces/advice-evidence.ts"), "utf8");
const oidcReasons = [...evidence.matchAll(/"((?:id_token|answer|provider)_\w+)"/g)];
/** Those that connections and sign-in name beside the throw. */
const otherReasons = globSync("modules/{connections,auth}/*.ts", { cwd: sources })
  .filter((file) => !file.endsWith(".test.ts"))
  .flatMap((file) => [...readFileSync(join(sources, file), "utf8").matchAll(/\breason: "(\w+)"/g)]);

const reasons = new Set([...samlReasons, ...oidcReasons, ...otherReasons].map(([, reason = ""]) => reason));
const codes = new Set([
  ...samlReasons.map(([, , code = ""]) => code),
  ...Object.keys(connectionErrors).filter((name) => name === name.toLowerCase()),
  ...Object.keys(authErrors),
  // A user who never came back, and what no rule names.
  "authentication_not_completed",
  "INTERNAL",
]);

test("the tables of reasons and codes were found", () => {
  expect(samlReasons.length).toBeGreaterThan(45);
  expect(oidcReasons.length).toBeGreaterThan(12);
  expect(codes.size).toBeGreaterThan(25);
});

describe("every way in which a sign-in ends has help of its own", () => {
  test("each reason", () => {
    expect([...reasons].filter((reason) => !Object.hasOwn(adviceByReason, reason))).toEqual([]);
  });

  test("each code", () => {
    expect([...codes].filter((code) => !Object.hasOwn(adviceByCode, code))).toEqual([]);
  });

  test("and no help is for what cannot happen", () => {
    expect(Object.keys(adviceByReason).filter((reason) => !reasons.has(reason))).toEqual([]);
    expect(Object.keys(adviceByCode).filter((code) => !codes.has(code))).toEqual([]);
  });
});

describe("the help", () => {
  const all = Object.entries({ ...adviceByCode, ...adviceByReason });

  test.each(all)(
    "for %s is a line that says what happened, and up to three sentences of what to do",
    (_, help) => {
      expect(help.title).toMatch(/^[A-Z].{10,79}[^.]$/);
      expect(help.fix).toMatch(/^[A-Z].*\.$/);
      expect(help.fix.split(/[.?!](?= [A-Z])/).length).toBeLessThanOrEqual(3);
      expect(help.fix.length).toBeLessThanOrEqual(420);
    },
  );

  test("titles are free of jargon that no console shows", () => {
    const jargon = /InResponseTo|NotOnOrAfter|Recipient|c14n|XSW|nonce|JWKS|bearer|AuthnRequest|assertion/i;
    expect(all.filter(([, { title }]) => jargon.test(title)).map(([name]) => name)).toEqual([]);
  });
});

describe("adviceFor", () => {
  test("takes the reason before the code", () => {
    const byReason = adviceFor("invalid_saml_response", "audience_mismatch");
    expect(byReason.title).toBe("The answer is meant for another app");
    expect(adviceFor("invalid_saml_response", "unknown")).toBe(adviceByCode.invalid_saml_response);
    expect(adviceFor("invalid_saml_response")).toBe(adviceByCode.invalid_saml_response);
  });

  test("has an answer for what it does not know", () => {
    for (const name of ["", "SOMETHING_ELSE", "constructor", "__proto__"])
      expect(adviceFor(name, name).title).toBe("Something failed on the side of this server");
  });
});
