/**
 * A seeded corpus of mutated responses, judged by us and by @node-saml/node-saml, which has its own parsers and checks.
 * Whatever we accept must carry the identity that was signed; whatever both accept must be the same person to both.
 */
import { SAML } from "@node-saml/node-saml";
import { expect, test, vi } from "vitest";
import {
  ACS_URL,
  ATTACKER,
  decode,
  encode,
  IDP_ENTITY_ID,
  SP_ENTITY_ID,
  usualExpectations,
  usualIdp,
  usualInput,
  VICTIM,
} from "../../testing/saml-messages.ts";
import { verifyResponse } from "./response.ts";
import { SamlError } from "./saml-error.ts";

const SEED = 20_300_101;
const CASES = 300;

type Random = (below: number) => number;

/** mulberry32: small, seeded, good enough to choose with. */
function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const ELEMENT =
  /<(?:saml:|samlp:)?([A-Z][A-Za-z]+)[ >](?:(?!<(?:saml:|samlp:)?\1[ >])[\s\S])*?<\/(?:saml:|samlp:)?\1>/g;
const INSERTS = [
  "<!---->",
  "<!--x-->",
  "<![CDATA[]]>",
  "<![CDATA[x]]>",
  "<?x y?>",
  "&#65;",
  "\n",
  " ",
  "\u200b",
  "&lt;",
];

type Mutation = (xml: string, random: Random) => string;

const MUTATIONS: Mutation[] = [
  (xml, random) => insert(xml, random(xml.length), INSERTS[random(INSERTS.length)] ?? ""),
  (xml, random) => insert(xml, between(xml, random), INSERTS[random(INSERTS.length)] ?? ""),
  (xml, random) => {
    const at = random(xml.length);
    return xml.slice(0, at) + String.fromCharCode(32 + random(95)) + xml.slice(at + 1);
  },
  (xml, random) => withElement(xml, random, () => ""),
  (xml, random) => withElement(xml, random, (element) => element + element),
  (xml, random) => withElement(xml, random, (element) => element.replaceAll(VICTIM, ATTACKER) + element),
  (xml, random) => withElement(xml, random, (element) => element + element.replaceAll(VICTIM, ATTACKER)),
  (xml, random) =>
    withElement(
      xml,
      random,
      (element) => `<ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${element}</ds:Object>`,
    ),
  (xml, random) => withElement(xml, random, (element) => `<!--${element.replaceAll("--", "")}-->`),
  (xml, random) => {
    const [moved = ""] = pick([...xml.matchAll(ELEMENT)], random) ?? [];
    const rest = xml.replace(moved, () => "");
    return insert(rest, between(rest, random), moved);
  },
  (xml, random) => {
    const at = nth(xml, VICTIM, random);
    return xml.slice(0, at) + ATTACKER + xml.slice(at + VICTIM.length);
  },
  (xml, random) =>
    insert(xml, nth(xml, VICTIM, random) + random(VICTIM.length), INSERTS[random(INSERTS.length)] ?? ""),
  (xml, random) => {
    const [attribute = ""] = pick([...xml.matchAll(/ [A-Za-z:]+="[^"]*"/g)], random) ?? [];
    return xml.replace(attribute, () => (random(2) ? "" : attribute + attribute.replace("=", "x=")));
  },
  (xml, random) => xml.slice(0, random(xml.length)),
  (xml, random) => xml.replaceAll("'", '"').replaceAll("><", random(2) ? ">\n<" : "> <"),
  (xml, random) => (random(2) ? `<?xml version="1.0" encoding="UTF-8"?>${xml}` : xml.replaceAll('"', "'")),
];

function insert(xml: string, at: number, text: string): string {
  return xml.slice(0, at) + text + xml.slice(at);
}

function pick<T>(from: readonly T[], random: Random): T | undefined {
  return from[random(Math.max(from.length, 1))];
}

function between(xml: string, random: Random): number {
  return pick([...xml.matchAll(/></g)], random)?.index ?? 0;
}

function nth(xml: string, text: string, random: Random): number {
  return pick([...xml.matchAll(new RegExp(text.replace(".", "\\."), "g"))], random)?.index ?? 0;
}

function withElement(xml: string, random: Random, change: (element: string) => string): string {
  const [element = ""] = pick([...xml.matchAll(ELEMENT)], random) ?? [];
  return xml.replace(element, () => change(element));
}

function ourAnswer(message: string, now: Date): { nameId: string; email: string[] | undefined } | string {
  try {
    const { nameId, attributes } = verifyResponse(message, usualExpectations(), now);
    return { nameId: nameId.value, email: attributes.email };
  } catch (error) {
    if (error instanceof SamlError) return error.reason;
    throw error;
  }
}

async function theirAnswer(peer: SAML, message: string): Promise<string | undefined> {
  try {
    const { profile } = await peer.validatePostResponseAsync({ SAMLResponse: message });
    return profile?.nameID;
  } catch {
    return undefined;
  }
}

test(`${CASES} mutations: what we accept is what was signed`, { timeout: 30_000 }, async () => {
  // The peer's parser complains of each mutation on the console.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  // The peer reads the system's clock, so these messages are issued for the real now.
  const now = new Date();
  const idp = usualIdp();
  const peer = new SAML({
    idpCert: idp.certificate,
    idpIssuer: IDP_ENTITY_ID,
    issuer: SP_ENTITY_ID,
    audience: SP_ENTITY_ID,
    callbackUrl: ACS_URL,
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: 120_000,
  });
  const bases = await Promise.all(
    (["assertion", "response", "both"] as const).map(async (sign) =>
      decode(await idp.issueResponse(usualInput({ now, sign }))),
    ),
  );
  const random = seeded(SEED);
  const counts = { weAccept: 0, theyAccept: 0, both: 0 };
  for (let number = 0; number < CASES; number += 1) {
    const base = bases[number % bases.length] ?? "";
    let xml = MUTATIONS[number % MUTATIONS.length]?.(base, random) ?? base;
    if (random(3) === 0) xml = pick(MUTATIONS, random)?.(xml, random) ?? xml;
    const message = encode(xml);
    const ours = ourAnswer(message, now);
    const theirs = await theirAnswer(peer, message);
    if (typeof ours !== "string") {
      expect(ours, `case ${number}`).toEqual({ nameId: VICTIM, email: [VICTIM] });
      if (theirs !== undefined) expect(theirs, `case ${number}`).toBe(VICTIM);
      counts.weAccept += 1;
    }
    if (theirs !== undefined) counts.theyAccept += 1;
    if (theirs !== undefined && typeof ours !== "string") counts.both += 1;
  }
  // Neither side may have refused everything, or the comparison would say nothing.
  expect(counts.weAccept).toBeGreaterThan(10);
  expect(counts.both).toBeGreaterThan(10);
});
