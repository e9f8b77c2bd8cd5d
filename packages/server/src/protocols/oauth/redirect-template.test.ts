/** Which templates may be registered, and what they mean in an organization. */
import { describe, expect, test } from "vitest";
import { exampleOf, expand } from "./redirect-template.ts";

describe("registration", () => {
  test.each([
    ["https://{{org_slug}}.acme.app/cb", "https://example.acme.app/cb"],
    ["https://{{ custom_domain }}/cb", "https://example.test/cb"],
    ["https://{{custom_domain}}:8443/cb", "https://example.test:8443/cb"],
    ["https://acme.app/{{external_id}}/cb", "https://acme.app/example/cb"],
    ["https://{{region}}.{{org_slug}}.acme.app/{{external_id}}", "https://example.example.acme.app/example"],
    ["https://{{slug ?? 'app.acme.app'}}/cb", "https://example.test/cb"],
    ['https://{{slug ?? "app"}}.acme.app', "https://example.acme.app"],
  ])("%s is judged as %s", (template, uri) => expect(exampleOf(template)).toEqual({ uri }));

  test.each([
    "https://app-{{org_slug}}.acme.app/cb",
    "https://{{org_slug}}{{region}}.acme.app/cb",
    "https://acme.app/x-{{external_id}}",
    "https://acme.app/cb?org={{external_id}}",
    "https://acme.app/cb#{{external_id}}",
    "https://acme.app:{{port}}/cb",
    "https://{{user}}@acme.app/cb",
    "{{scheme}}://acme.app/cb",
    "{{whole}}",
    "https://{{}}.acme.app/cb",
    "https://{{org slug}}.acme.app/cb",
    "https://{{org_slug}.acme.app/cb",
    "https://{{{org_slug}}}.acme.app/cb",
    "https://{{slug ?? app}}.acme.app/cb",
    "https://\u{e000}.acme.app/{{org_slug}}",
  ])("refuses %s", (template) => expect(exampleOf(template)).toHaveProperty("problem"));

  test.each([
    "https://{{slug ?? 'app.acme.app'}}.acme.app/cb",
    "https://{{slug ?? 'evil.test/'}}/cb",
    "https://{{slug ?? ''}}/cb",
    "https://acme.app/{{x ?? '..'}}/cb",
  ])("refuses the default of %s", (template) =>
    expect(exampleOf(template)).toEqual({ problem: expect.stringContaining("default") }),
  );
});

describe("expansion", () => {
  const values: Record<string, string> = {
    org_slug: "megasoft",
    custom_domain: "auth.megasoft.com",
    external_id: "a b/c",
    empty: "",
  };
  const of = (name: string) => values[name];

  test.each([
    ["https://{{org_slug}}.acme.app/cb", "https://megasoft.acme.app/cb"],
    ["https://{{custom_domain}}/cb", "https://auth.megasoft.com/cb"],
    ["https://acme.app/{{external_id}}/cb", "https://acme.app/a%20b%2Fc/cb"],
    ["https://{{missing ?? 'app'}}.acme.app/cb", "https://app.acme.app/cb"],
    ["https://{{empty ?? 'app'}}.acme.app/cb", "https://app.acme.app/cb"],
    ["https://{{org_slug ?? 'app'}}.acme.app/cb", "https://megasoft.acme.app/cb"],
  ])("%s means %s", (template, uri) => expect(expand(template, of)).toBe(uri));

  test.each([
    "https://{{missing}}.acme.app/cb",
    "https://{{empty}}.acme.app/cb",
    "https://{{custom_domain}}.acme.app",
  ])("%s means nothing", (template) => expect(expand(template, of)).toBeUndefined());

  test.each([
    "evil.test/",
    "evil.test#",
    "evil.test?",
    "evil.test@x",
    "evil.test:1",
    "EVIL",
    "-a",
    "a..b",
    ".",
    "[::1]",
    "a b",
    "ä",
    "{{org_slug}}",
    "x".repeat(64),
  ])("%j is no host", (value) => expect(expand("https://{{x}}/cb", () => value)).toBeUndefined());

  test.each([".", "..", "\ud800"])("%j is no path segment", (value) =>
    expect(expand("https://acme.app/{{x}}/cb", () => value)).toBeUndefined(),
  );
});
