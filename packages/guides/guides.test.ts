import { ImportIdpMetadataRequestSchema } from "@gatehouse/contract/gatehouse/v1/connections/connections_pb";
import {
  ConnectionProviderSchema,
  OIDCConnectionConfigSchema,
  SAMLConnectionConfigRequestSchema,
  SAMLConnectionConfigResponseSchema,
  SAMLSigningOptionsSchema,
  TokenAuthTypeSchema,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { describe, expect, test } from "vitest";
import * as common from "./common.ts";
import { type Copy, type Guide, gatehouseFields, gatehouseValues, providerGuides } from "./guides.ts";

const guides = providerGuides.flatMap((provider) => provider.guides);
const byTitle = guides.map((guide) => [guide.title, guide] as const);

function copies(guide: Guide): Copy[] {
  return guide.steps.flatMap((step) => step.copy ?? []);
}

/** Every text of a guide, with what the guides share left out. */
function ownTexts(guide: Guide): string[] {
  const shared = new Set<unknown>([
    ...Object.values(common),
    ...common.samlMistakes,
    ...common.samlNotes,
    ...common.oidcMistakes,
  ]);
  const own = <T>(parts: readonly T[]) => parts.filter((part) => !shared.has(part));
  return [
    ...own(guide.steps).flatMap((step) => [...step.text, ...(step.code ? [step.code.text] : [])]),
    ...own(guide.mistakes).flatMap(({ mistake, fix }) => [mistake, fix]),
    ...own(guide.notes).flatMap((note) => note.text),
  ];
}

/** Every text that is shown, shared ones too. */
function allTexts(guide: Guide): string[] {
  return [
    guide.title,
    ...guide.steps.flatMap((step) => [step.title, ...step.text]),
    ...copies(guide).flatMap(({ label, note }) => [label, ...(note === undefined ? [] : [note])]),
    ...guide.attributes.flatMap(({ source, note }) => [source, ...(note === undefined ? [] : [note])]),
    ...guide.mistakes.flatMap(({ mistake, fix, shows }) => [
      mistake,
      fix,
      ...("provider" in shows ? [shows.provider] : []),
    ]),
    ...guide.notes.flatMap(({ title, text }) => [title, ...text]),
  ];
}

function twice(values: readonly string[]): string[] {
  return values.filter((value, at) => values.indexOf(value) !== at);
}

describe("the collection", () => {
  test("has every provider that is promised, with both protocols where it has both", () => {
    const protocols = providerGuides.map((provider) => [
      provider.slug,
      [...new Set(provider.guides.map((guide) => guide.protocol))].sort().join(" "),
    ]);
    expect(Object.fromEntries(protocols)).toEqual({
      okta: "OIDC SAML",
      "entra-id": "OIDC SAML",
      "google-workspace": "OIDC SAML",
      jumpcloud: "OIDC SAML",
      onelogin: "OIDC SAML",
      ping: "OIDC SAML",
      auth0: "OIDC SAML",
      adfs: "SAML",
      shibboleth: "SAML",
      "generic-saml": "SAML",
      "generic-oidc": "OIDC",
    });
  });

  test("names each page and each guide once", () => {
    expect(twice(providerGuides.map(({ slug }) => slug))).toEqual([]);
    expect(twice(guides.map(({ id }) => id))).toEqual([]);
    expect(twice(guides.map(({ title }) => title))).toEqual([]);
  });

  test("says nothing twice: what several guides say stands in common.ts", () => {
    expect(twice(guides.flatMap(ownTexts))).toEqual([]);
  });

  test("survives JSON, so that a page may load it as data", () => {
    expect(JSON.parse(JSON.stringify(providerGuides))).toEqual(providerGuides);
  });
});

describe("names of the contract", () => {
  const names = (schema: { fields: readonly { name: string }[] }) => schema.fields.map(({ name }) => name);

  test("providers", () => {
    const keys = ConnectionProviderSchema.values.map(({ name }) => name);
    expect(keys).toEqual(expect.arrayContaining(providerGuides.map(({ provider }) => provider)));
  });

  test("our values are what a connection shows", () => {
    expect(names(SAMLConnectionConfigResponseSchema)).toEqual(
      expect.arrayContaining([...gatehouseValues.SAML]),
    );
    expect(names(OIDCConnectionConfigSchema)).toEqual(expect.arrayContaining([...gatehouseValues.OIDC]));
  });

  test("their values are what a connection takes", () => {
    const taken = [...names(SAMLConnectionConfigRequestSchema), ...names(ImportIdpMetadataRequestSchema)];
    expect(taken).toEqual(expect.arrayContaining([...gatehouseFields.SAML]));
    expect(names(OIDCConnectionConfigSchema)).toEqual(expect.arrayContaining([...gatehouseFields.OIDC]));
  });

  test("enum values that texts tell the reader to set", () => {
    const valuesOf = (schema: { values: readonly { name: string }[] }) =>
      schema.values.map(({ name }) => name);
    const known = [...valuesOf(SAMLSigningOptionsSchema), ...valuesOf(TokenAuthTypeSchema)];
    const named = guides
      .flatMap(allTexts)
      .flatMap((text) => [...text.matchAll(/`(SAML_\w+|URL_PARAMS|BASIC_\w+)`/g)]);
    const told = named.map(([, name = ""]) => name).filter((name) => name !== "SAML_SUBJECT");
    expect(new Set(told).size).toBe(3);
    expect(told.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe.each(byTitle)("%s", (_title, guide) => {
  test("has steps, attributes, mistakes and notes, none of them empty", () => {
    for (const part of [guide.steps, guide.attributes, guide.mistakes, guide.notes]) {
      expect(part.length).toBeGreaterThan(0);
    }
    for (const { text } of [...guide.steps, ...guide.notes]) expect(text.length).toBeGreaterThan(0);
    expect(allTexts(guide).filter((text) => text.trim() !== text || text === "")).toEqual([]);
    expect(guide.steps.length).toBeGreaterThan(3);
  });

  test("begins with the connection and ends with its test", () => {
    const first = guide.protocol === "SAML" ? common.openSamlConnection : common.openOidcConnection;
    expect(guide.steps[0]).toBe(first);
    expect(guide.steps.at(-1)).toBe(common.testAndEnable);
  });

  test("copies values of its own protocol only, and all that a connection cannot do without", () => {
    const given = copies(guide).flatMap((copy) => (copy.to === "provider" ? [copy.value] : []));
    const taken = copies(guide).flatMap((copy) => (copy.to === "gatehouse" ? [copy.field] : []));
    const [values, fields]: [readonly string[], readonly string[]] = [
      gatehouseValues[guide.protocol],
      gatehouseFields[guide.protocol],
    ];
    expect(given.filter((value) => !values.includes(value))).toEqual([]);
    expect(taken.filter((field) => !fields.includes(field))).toEqual([]);
    if (guide.protocol === "OIDC") {
      expect(given).toContain("redirect_uri");
      expect(taken).toEqual(expect.arrayContaining(["issuer", "client_id", "client_secret"]));
    } else {
      expect(given).toContain("sp_entity_id");
      expect(given.includes("sp_assertion_url") || given.includes("sp_metadata_url")).toBe(true);
      expect(taken.includes("idp_metadata_url") || taken.includes("xml")).toBe(true);
    }
  });

  test("says where the address and both names come from", () => {
    const ours = guide.attributes.map((attribute) => attribute.ours);
    expect(ours).toEqual(expect.arrayContaining(["email", "givenName", "familyName"]));
    expect(twice(ours)).toEqual([]);
  });

  test("fills only our own values into what is pasted", () => {
    const code = guide.steps.map((step) => step.code?.text ?? "").join("\n");
    const filled = [...code.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const values: readonly string[] = gatehouseValues[guide.protocol];
    expect(filled.filter((name) => !values.includes(name))).toEqual([]);
  });

  test("closes every mark that it opens", () => {
    const broken = allTexts(guide).filter((text) => {
      const outsideCode = text.replace(/`[^`]+`/g, "");
      return outsideCode.includes("`") || outsideCode.replace(/\*\*[^*]+\*\*/g, "").includes("**");
    });
    expect(broken).toEqual([]);
  });
});
