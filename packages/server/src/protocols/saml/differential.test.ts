/**
 * A seeded corpus of mutated responses, judged by us and by @node-saml/node-saml, which has its own parsers and checks.
 * Whatever we accept must say what was signed; whatever both accept must say the same to both.
 */
import { SAML } from "@node-saml/node-saml";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  ACS_URL,
  ATTACKER,
  decode,
  IDP_ENTITY_ID,
  SP_ENTITY_ID,
  usualExpectations,
  usualIdp,
  usualInput,
} from "../../testing/saml-messages.ts";
import { mutate, seeded } from "../../testing/saml-mutations.ts";
import type { VerifiedAssertion } from "./expectations.ts";
import { verifyResponse } from "./response.ts";
import { SamlError } from "./saml-error.ts";

const SEED = 20_300_101;
const CASES = 10_000;
const ATTACKERS = { email: ATTACKER, firstName: "Mal", groups: ["guests"] };

interface Base {
  xml: string;
  /** Of its signatures, in the order of the document. */
  values: string[];
  /** Nothing for us, when it was signed for somebody else. */
  said: ReturnType<typeof signedPart> | undefined;
}

interface Bases {
  victim: Base;
  /** What parts are taken from: another person's message, and one for another application. */
  others: [Base, Base];
}

// The peer reads the system's clock, so these messages are issued for the real now.
const now = new Date();
const expectations = usualExpectations();

async function bases(sign: "assertion" | "response" | "both"): Promise<Bases> {
  const attacker = { nameId: ATTACKER, attributes: ATTACKERS };
  const elsewhere = {
    audience: "https://other.example.com/metadata",
    acsUrl: "https://other.example.com/acs",
  };
  const issue = async (changes: object) => {
    const message = await usualIdp().issueResponse(usualInput({ now, sign, ...changes }));
    return baseOf(message, sign);
  };
  return { victim: await issue({}), others: [await issue(attacker), await issue(elsewhere)] };
}

function baseOf(message: string, sign: string): Base {
  const whole = decode(message);
  // Nobody reads KeyInfo, and no signature covers it where there is one only: mutations of it would be wasted.
  const xml = sign === "both" ? whole : whole.replace(/<KeyInfo>[\s\S]*?<\/KeyInfo>/, "");
  const values = [...xml.matchAll(/<SignatureValue>([^<]*)/g)].map(([, value = ""]) => value);
  return { xml, values, said: ourAnswer(message) };
}

/** All that comes from the assertion; the response around it may be unsigned. */
function signedPart({ responseId: _, ...assertion }: VerifiedAssertion) {
  return assertion;
}

function ourAnswer(message: string): ReturnType<typeof signedPart> | undefined {
  try {
    return signedPart(verifyResponse(message, expectations, now));
  } catch (error) {
    if (error instanceof SamlError) return undefined;
    throw error;
  }
}

async function theirAnswer(peer: SAML, message: string) {
  try {
    const { profile } = await peer.validatePostResponseAsync({ SAMLResponse: message });
    return profile ?? undefined;
  } catch {
    return undefined;
  }
}

type Theirs = NonNullable<Awaited<ReturnType<typeof theirAnswer>>>;

/** The parts that both name, in one form. */
function asTheySay(theirs: Theirs) {
  const attributes = theirs.attributes as Record<string, string | string[]>;
  const lists = Object.entries(attributes).map(([name, value]) => [name, [value].flat()]);
  return { nameId: theirs.nameID, issuer: theirs.issuer, attributes: Object.fromEntries(lists) };
}

function asWeSay(ours: ReturnType<typeof signedPart>) {
  return { nameId: ours.nameId.value, issuer: ours.issuer, attributes: { ...ours.attributes } };
}

/** Who may have been signed for: those of whose signatures one is in the message, white space aside. */
function signers(xml: string, { victim, others }: Bases): Base[] {
  const text = xml.replace(/<!--[\s\S]*?-->|<!\[CDATA\[|\]\]>|\s/g, "");
  return [victim, ...others].filter(({ values }) =>
    values.some((value) => text.includes(value.slice(0, 60))),
  );
}

test(`${CASES} mutated responses: what we accept is what was signed, and what the other verifier reads`, {
  timeout: 300_000,
}, async () => {
  // The peer's parser complains of each mutation on the console.
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const peer = new SAML({
    idpCert: usualIdp().certificate,
    idpIssuer: IDP_ENTITY_ID,
    issuer: SP_ENTITY_ID,
    audience: SP_ENTITY_ID,
    callbackUrl: ACS_URL,
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: 120_000,
  });
  const [assertion, response] = [await bases("assertion"), await bases("response")];
  // One signature is the usual case, and what the attacks are about.
  const all = [assertion, response, assertion, response, assertion, response, await bases("both")];
  const random = seeded(SEED);
  expect([assertion.victim.said, assertion.others[1].said]).toEqual([expect.anything(), undefined]);
  const counts = { both: 0, onlyUs: 0, onlyThem: 0, neither: 0 };
  for (let number = 0; number < CASES; number += 1) {
    const from = all[number % all.length] ?? assertion;
    const other = from.others[number % 2] ?? from.victim;
    const { bytes, names } = mutate({ xml: from.victim.xml, other: other.xml, random });
    const message = bytes.toString("base64");
    const label = `case ${number}: ${names.join(", ")}`;
    const ours = ourAnswer(message);
    const theirs = await theirAnswer(peer, message);
    if (ours) {
      expect(
        signers(bytes.toString("utf8"), from).map(({ said }) => said),
        label,
      ).toContainEqual(ours);
      if (theirs) expect(asTheySay(theirs), label).toEqual(asWeSay(ours));
    }
    counts[ours ? (theirs ? "both" : "onlyUs") : theirs ? "onlyThem" : "neither"] += 1;
  }
  // Neither may have refused everything, or the comparison would say nothing.
  expect(counts.both).toBeGreaterThan(1_000);
  expect(counts.neither).toBeGreaterThan(5_000);
  process.stdout.write(`Of ${CASES} responses were accepted ${say(counts)}.\n`);
});

function say(counts: { both: number; onlyUs: number; onlyThem: number; neither: number }): string {
  return `${counts.both} by both, ${counts.onlyUs} only by us, ${counts.onlyThem} only by the other, ${counts.neither} by neither`;
}
