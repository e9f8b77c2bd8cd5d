/** The people whom the simulator knows, and what its form says: who signs in, or how signing in fails. */
import { normalizeEmail } from "../../protocols/saml/normalize-email.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { type MisbehaviourKey, misbehavioursOf, type Protocol } from "./misbehaviours.ts";

/** What an identity provider says of somebody. */
export interface Person {
  email: string;
  firstName: string;
  lastName: string;
  /** Custom attributes by name. */
  attributes: Record<string, string>;
}

export interface NamedPerson extends Person {
  /** The value of the button that chooses the person. */
  key: string;
}

export const failures = ["invalid_credentials", "user_not_found", "server_error"] as const;
export type Failure = (typeof failures)[number];

/** Somebody signs in, and the provider perhaps misbehaves on the way. */
export interface SignedIn {
  person: Person;
  misbehaviour?: MisbehaviourKey;
}

export type Choice = SignedIn | { failure: Failure };

/** How many custom attributes the form has room for. */
export const attributeRows = 3;

const fallbackDomain = "example.com";
const longestName = 100;
const longestValue = 1_000;

/** `home` says which of the organization's domains the address is at, where it has so many. */
const known = [
  { key: "ada", firstName: "Ada", lastName: "Park", home: 0 },
  { key: "ben", firstName: "Ben", lastName: "Okoro", home: 0 },
  { key: "chiara", firstName: "Chiara", lastName: "Rossi", home: 0 },
  { key: "dana", firstName: "Dana", lastName: "Levi", home: 0 },
  { key: "emil", firstName: "Emil", lastName: "Novak", home: 1 },
] as const;

/** What a custom attribute cannot be called, since the simulator says it by itself. */
const reservedNames = new Set(
  "iss sub aud exp nbf iat jti azp nonce auth_time at_hash email email_verified name given_name family_name firstname lastname".split(
    " ",
  ),
);

/**
 * The people to choose from.
 * @param domains of the organization; without any, everybody is at example.com
 */
export function namedPeople(domains: readonly string[]): NamedPerson[] {
  return known.map(({ key, firstName, lastName, home }) => ({
    key,
    firstName,
    lastName,
    email: `${key}@${domains[home] ?? domains[0] ?? fallbackDomain}`,
    attributes: {},
  }));
}

/** The domains that the form offers. */
export function offeredDomains(domains: readonly string[]): readonly string[] {
  return domains.length > 0 ? domains : [fallbackDomain];
}

/**
 * Reads the submitted form: `person` names a known one, `failure` a way to fail, else the fields describe somebody;
 * `misbehaviour` beside a person names how the provider misbehaves.
 * @throws SIMULATOR_INPUT_INVALID
 */
export function readChoice(
  form: URLSearchParams,
  at: { domains: readonly string[]; protocol: Protocol },
): Choice {
  const failure = form.get("failure");
  if (failure !== null) return { failure: readFailure(failure) };
  const key = form.get("person");
  const person = key === null ? describedPerson(form) : namedPerson(key, at.domains);
  const misbehaviour = form.get("misbehaviour");
  return misbehaviour === null ? { person } : { person, misbehaviour: readWay(misbehaviour, at.protocol) };
}

function readWay(value: string, protocol: Protocol): MisbehaviourKey {
  const ways = misbehavioursOf(protocol).map(({ key }) => key);
  const way = ways.find((candidate) => candidate === value);
  if (!way) throw errors.SIMULATOR_INPUT_INVALID(`"${value}" is none of ${ways.join(", ")}`);
  return way;
}

function readFailure(value: string): Failure {
  const failure = failures.find((candidate) => candidate === value);
  if (!failure) throw errors.SIMULATOR_INPUT_INVALID(`"${value}" is none of ${failures.join(", ")}`);
  return failure;
}

function namedPerson(key: string, domains: readonly string[]): Person {
  const person = namedPeople(domains).find((candidate) => candidate.key === key);
  if (!person) throw errors.SIMULATOR_INPUT_INVALID(`"${key}" is nobody that the simulator knows`);
  return person;
}

function describedPerson(form: URLSearchParams): Person {
  const mailbox = (form.get("mailbox") ?? "").trim();
  const address = mailbox.includes("@") ? mailbox : `${mailbox}@${(form.get("domain") ?? "").trim()}`;
  const email = normalizeEmail(address);
  if (!email) throw errors.SIMULATOR_INPUT_INVALID(`"${address}" is no e-mail address`);
  return {
    email,
    firstName: text("First name", form.get("first_name"), longestName),
    lastName: text("Last name", form.get("last_name"), longestName),
    attributes: readAttributes(form),
  };
}

function readAttributes(form: URLSearchParams): Record<string, string> {
  const values = form.getAll("attribute_value");
  const pairs = form
    .getAll("attribute_name")
    .slice(0, attributeRows)
    .map((name, row): [string, string] => [
      name.trim(),
      text(`Attribute ${name}`, values[row], longestValue),
    ]);
  const given = pairs.filter(([name, value]) => name !== "" || value !== "");
  for (const [name] of given) checkAttributeName(name);
  return Object.fromEntries(given);
}

function checkAttributeName(name: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$/.test(name)) {
    throw errors.SIMULATOR_INPUT_INVALID(
      `"${name}" cannot name an attribute: it starts with a letter, and letters, digits, _ . : / and - follow`,
    );
  }
  if (reservedNames.has(name.toLowerCase())) {
    throw errors.SIMULATOR_INPUT_INVALID(`The attribute "${name}" is set by the simulator itself`);
  }
}

/** One line without control characters, which XML has no way to write (XML 1.0 section 2.2). */
function text(label: string, value: string | null | undefined, longest: number): string {
  const trimmed = (value ?? "").trim();
  if (trimmed.length > longest) {
    throw errors.SIMULATOR_INPUT_INVALID(`${label} is longer than ${longest} characters`);
  }
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/u.test(trimmed)) {
    throw errors.SIMULATOR_INPUT_INVALID(`${label} holds a line break or a control character`);
  }
  return trimmed;
}
