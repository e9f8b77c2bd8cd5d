/** The filter grammar, its refusals with their positions, and 5,000 damaged filters that must all be refused in good form. */
import { describe, expect, test } from "vitest";
import { seeded } from "../../testing/saml-mutations.ts";
import { ScimError } from "./errors.ts";
import { MAX_FILTER_LENGTH, parseFilter, printFilter, withDecodedValues } from "./filter.ts";
import { GROUP_SCOPE } from "./group-schema.ts";
import { USER_SCOPE } from "./user-schema.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const parse = (text: string) => parseFilter(text, USER_SCOPE);
/** The tree as text, which shows how it was understood. */
const understood = (text: string) => printFilter(parse(text));

function refusalOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ScimError && error.scimType === "invalidFilter" && error.status === 400)
      return error.detail;
    throw error;
  }
  return "";
}

describe("filters", () => {
  test.each([
    ['userName eq "bjensen"', 'userName eq "bjensen"'],
    ['USERNAME Eq "bjensen"', 'userName eq "bjensen"'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', 'userName sw "J"'],
    ['URN:ietf:params:SCIM:schemas:core:2.0:User:userName sw "J"', 'userName sw "J"'],
    ["title pr", "title pr"],
    ['title pr and userType eq "Employee"', 'title pr and userType eq "Employee"'],
    ['a eq "1" or b eq "2" and c eq "3"', 'a eq "1" or (b eq "2" and c eq "3")'],
    ['(a eq "1" or b eq "2") and c eq "3"', '(a eq "1" or b eq "2") and c eq "3"'],
    ["not (title pr)", "not (title pr)"],
    ["NOT(title pr)", "not (title pr)"],
    ["title pr AND not (active eq true)", "title pr and not (active eq true)"],
    ['emails[type eq "work" and value co "@x"]', 'emails[type eq "work" and value co "@x"]'],
    ['emails[type eq "work"].value eq "a@x"', 'emails[type eq "work" and value eq "a@x"]'],
    ['emails co "example.com"', 'emails.value co "example.com"'],
    ['manager eq "1"', 'manager eq "1"'],
    [`${ENTERPRISE}:manager eq "1"`, `${ENTERPRISE}:manager.value eq "1"`],
    [`${ENTERPRISE}:Department pr`, `${ENTERPRISE}:department pr`],
    ['urn:custom:Ext:1.0:User:shoeSize eq "9"', 'urn:custom:Ext:1.0:User:shoeSize eq "9"'],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', 'meta.lastModified ge "2011-05-13T04:42:34.000Z"'],
    ['meta.lastModified gt "2011-05-13T04:42:34+02:00"', 'meta.lastModified gt "2011-05-13T02:42:34.000Z"'],
    ['roles[primary eq "True"]', "roles[primary eq true]"],
    ["active eq TRUE", "active eq true"],
    ["externalId eq 0042", 'externalId eq "0042"'],
    ["externalId eq 42", 'externalId eq "42"'],
    ["userName eq bob@x.test", 'userName eq "bob@x.test"'],
    ["title eq null", "title eq null"],
    ["extension_abc_size gt -1.5e2", "extension_abc_size gt -150"],
    ['userName eq "a\\"b\\\\c\\u0041\\n"', 'userName eq "a\\"b\\\\cA\\n"'],
    ['  userName\teq   "x"  ', 'userName eq "x"'],
    ['userName eq "x" and(title pr)', 'userName eq "x" and title pr'],
  ])("%s", (text, meaning) => {
    expect(understood(text)).toBe(meaning);
    expect(understood(meaning)).toBe(meaning);
  });

  test("of groups find members by id", () => {
    expect(parseFilter('members eq "u1"', GROUP_SCOPE)).toEqual(
      parseFilter('members.value eq "u1"', GROUP_SCOPE),
    );
  });

  test("keep the shape of the text in the tree", () => {
    const compare = (attribute: string) => ({
      kind: "compare",
      path: { attribute },
      operator: "eq",
      value: "1",
    });
    expect(parse('a eq "1" and (b eq "1" or not (c eq "1"))')).toEqual({
      kind: "and",
      filters: [compare("a"), { kind: "or", filters: [compare("b"), { kind: "not", filter: compare("c") }] }],
    });
  });
});

describe("filters are refused", () => {
  test.each([
    ["", "Expected an attribute at character 1, but saw the end."],
    ["userName", "Expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr at character 9, but saw the end."],
    ["userName eq", "Expected a value as in JSON at character 12, but saw the end."],
    [
      "userName like 1",
      'Expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr at character 10, but saw "like".',
    ],
    ['userName eq "x', 'Expected a value as in JSON at character 13, but saw "\\"x".'],
    ["userName eq 'x'", `Expected a value as in JSON at character 13, but saw "'x'".`],
    ['userName eq "\\q"', 'Expected a value as in JSON at character 13, but saw "\\"\\\\q\\"".'],
    ['userName eq "\\u0000"', 'Expected a value as in JSON at character 13, but saw "\\"\\\\u0000\\"".'],
    ['userName eq "x" title pr', 'Expected "and", "or" or the end at character 17, but saw "title".'],
    ['userName eq "x" and', "Expected an attribute at character 20, but saw the end."],
    ["(title pr", 'Expected ")" at character 10, but saw the end.'],
    ["title pr)", 'Expected "and", "or" or the end at character 9, but saw ")".'],
    [
      "not title pr",
      'Expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr at character 5, but saw "title".',
    ],
    ['emails[type eq "work"', 'Expected "]" at character 22, but saw the end.'],
    ['userName[type eq "work"]', "Only a complex attribute takes brackets (at character 1)."],
    ["emails[type[a pr]]", "Only a complex attribute takes brackets (at character 8)."],
    ["emails[urn:a:b:c pr]", '"urn:a:b:c" names a schema, which has no place in brackets (at character 8).'],
    ["a.b.c pr", '"a.b.c" has more than one dot after its schema (at character 1).'],
    ["__proto__ pr", '"__proto__" uses a name that is not allowed (at character 1).'],
    ["1a pr", '"1a" is no attribute path: a name starts with a letter (at character 1).'],
    ["title pr or a;b pr", '"a;b" is no attribute path: a name starts with a letter (at character 13).'],
    ["active gt true", "active cannot be compared with gt (at character 11)."],
    ['x509Certificates.value lt "a"', "value cannot be compared with lt (at character 27)."],
    ['active eq "perhaps"', 'active takes true or false, not "perhaps" (at character 11).'],
    ['meta.created gt "yesterday"', 'created takes a date and time, not "yesterday" (at character 17).'],
    ['meta.created gt "0001-01-01T00:00:00Z"', /created takes a date and time/],
    ['meta.created gt "9999-12-31T23:59:59-18:00"', /created takes a date and time/],
    ['meta.created co "2011"', "created cannot be compared with co (at character 17)."],
    ['name eq "x"', "name needs a sub-attribute (at character 9)."],
    ["userName eq x'; DROP TABLE users --", /at character 14, but saw "';"/],
  ])("%s", (text, detail) => {
    expect(refusalOf(text)).toMatch(detail);
  });

  test("when they are too long, too deep or have too many terms", () => {
    expect(refusalOf(`userName eq "${"x".repeat(MAX_FILTER_LENGTH)}"`)).toMatch("more than 8192 characters");
    expect(refusalOf(`${"(".repeat(21)}a pr${")".repeat(21)}`)).toMatch("over 20 levels deep");
    expect(refusalOf(Array(201).fill("a pr").join(" or "))).toMatch("over 200 terms");
    expect(understood(`${"(".repeat(20)}a pr${")".repeat(20)}`)).toBe("a pr");
    expect(parse(Array(200).fill("a pr").join(" or "))).toMatchObject({ kind: "or" });
  });
});

test("values that were encoded twice are looked for in both forms", () => {
  const decoded = (text: string) => printFilter(withDecodedValues(parse(text)));
  expect(decoded('userName eq "a%40x" and title pr')).toBe(
    '(userName eq "a%40x" or userName eq "a@x") and title pr',
  );
  expect(decoded('emails[not (value eq "%41")]')).toBe('emails[not (value eq "%41" or value eq "A")]');
  for (const same of ['userName eq "100%"', 'userName eq "%ff"', 'userName co "%41"', 'userName eq "%00"']) {
    expect(decoded(same)).toBe(same);
  }
});

describe("5,000 filters", () => {
  const next = seeded(7643);
  const pick = <Item>(items: readonly Item[]): Item => items[next(items.length)] as Item;
  const names = [
    "userName",
    "name.givenName",
    "emails.value",
    "active",
    "x",
    `${ENTERPRISE}:department`,
    "meta.created",
  ];
  const values = ['"a"', '"True"', "true", "null", "7", '"2020-02-03T04:05:06Z"', '"\\u00e9\\""', '""'];

  function madeUp(depth: number): string {
    const kind = depth > 4 ? 0 : next(6);
    if (kind === 1) return `not (${madeUp(depth + 1)})`;
    if (kind === 2) return `(${madeUp(depth + 1)} or ${madeUp(depth + 1)})`;
    if (kind === 3) return `${madeUp(depth + 1)} and ${madeUp(depth + 1)}`;
    if (kind === 4) return `emails[type eq "work" or ${pick(["value", "primary", "display"])} pr]`;
    return next(4) === 0
      ? `${pick(names)} pr`
      : `${pick(names)} ${pick(["eq", "ne", "co", "gt"])} ${pick(values)}`;
  }

  function damaged(text: string): string {
    const pieces = [
      '"',
      "\\",
      "(",
      ")",
      "[",
      "]",
      ".",
      ":",
      " ",
      "not ",
      " and ",
      "\0",
      "é",
      "😀",
      "%",
      "urn:",
      "-",
      "1e999",
    ];
    const at = next(text.length + 1);
    const cut = next(3);
    return text.slice(0, at) + (next(3) > 0 ? pick(pieces) : "") + text.slice(at + cut);
  }

  test("print and parse to themselves, or are refused as SCIM refuses", () => {
    let parsed = 0;
    for (let round = 0; round < 5000; round += 1) {
      let text = madeUp(0);
      for (let times = next(4); times > 0; times -= 1) text = damaged(text);
      try {
        const filter = parse(text);
        parsed += 1;
        expect(parse(printFilter(filter)), text).toEqual(filter);
      } catch (error) {
        if (!(error instanceof ScimError)) throw new Error(`${text} threw ${error}`, { cause: error });
      }
    }
    expect(parsed).toBeGreaterThan(1000);
  });
});
