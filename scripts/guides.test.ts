/** What the guides say against what the server does: here, since packages/guides itself must not know the server. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Guide, type Mistake, providerGuides } from "../packages/guides/guides.ts";
import { WELL_KNOWN_NAMES } from "../packages/server/src/protocols/saml/profile-names.ts";
import { SamlError, type SamlErrorReason } from "../packages/server/src/protocols/saml/saml-error.ts";
import { errorTables } from "./error-tables.ts";

const guides = providerGuides.flatMap((provider) => provider.guides);
const byTitle = guides.map((guide) => [guide.title, guide] as const);

/** Codes that the tables of the modules and of SAML have; a page of docs/errors.md is made of the same. */
const tableCodes = new Set(errorTables.flatMap(({ errors }) => Object.keys(errors)));

/** Refusals of metadata leave the API under this code, with the reason of the document. */
const metadataCode = "CONNECTION_METADATA_INVALID";

function codeOf(reason: string): string {
  const { code } = new SamlError(reason as SamlErrorReason, "");
  return code === "invalid_saml_metadata" ? metadataCode : code;
}

function shownByGatehouse(guide: Guide): Extract<Mistake["shows"], { code: string }>[] {
  return guide.mistakes.flatMap(({ shows }) => ("code" in shows ? [shows] : []));
}

describe.each(byTitle)("%s", (_title, guide) => {
  test("names codes that the server has, each with a reason that belongs to it", () => {
    const unknown = shownByGatehouse(guide).filter(({ code, reason }) =>
      reason === undefined ? !tableCodes.has(code) : codeOf(reason) !== code,
    );
    expect(unknown).toEqual([]);
  });

  test("gives each code and reason once", () => {
    const own = shownByGatehouse(guide)
      .filter(({ reason }) => reason !== undefined)
      .map(({ code, reason }) => `${code} ${reason}`);
    expect(own.filter((name, at) => own.indexOf(name) !== at)).toEqual([]);
  });

  test("names attributes that need no mapping", () => {
    const unknown = guide.attributes.filter(({ ours, name }) => {
      const known = WELL_KNOWN_NAMES[ours].map((alias) => alias.toLowerCase());
      return !known.includes(name.toLowerCase());
    });
    expect(unknown).toEqual([]);
  });
});

test("settings that texts name are fields of the contract", () => {
  const contract = readFileSync(
    new URL("../proto/scalekit/v1/connections/connections.proto", import.meta.url),
    "utf8",
  );
  const fields = new Set(
    [...contract.matchAll(/^ +(?:repeated |optional )?[\w.]+ (\w+) = \d+/gm)].map(([, name]) => name),
  );
  const texts = guides.flatMap((guide) => [
    ...[...guide.steps, ...guide.notes].flatMap((part) => part.text),
    ...guide.mistakes.flatMap(({ mistake, fix }) => [mistake, fix]),
  ]);
  const named = texts
    .flatMap((text) => [...text.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)])
    .map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(50);
  expect([...new Set(named)].filter((name) => !fields.has(name) && !theirs.has(name)).sort()).toEqual([]);
});

/** Names of the same form that belong to the providers and to OpenID Connect. */
const theirs = new Set([
  "saml_subject",
  "given_name",
  "email_verified",
  "family_name",
  "client_secret_post",
  "client_secret_basic",
]);
