/**
 * Domains at which anybody can get an address: mailbox providers and throw-away mail. An organization that owned
 * one would let strangers in at first sight. The lists are kept by others (`email-providers`,
 * `disposable-email-domains-js`) and are no proof that a domain which they leave out is private.
 */
import { disposableEmailBlocklistSet } from "disposable-email-domains-js";
import providers from "email-providers/all.json" with { type: "json" };
import { parse } from "tldts";

/** What both lists leave out. */
const alsoPublic = [
  ...["tutanota.com", "tutanota.de", "tuta.io", "tuta.com", "keemail.me", "fastmail.com", "zohomail.com"],
  ...[
    "duck.com",
    "posteo.de",
    "startmail.com",
    "mailfence.com",
    "burnermail.io",
    "tempmail.com",
    "temp-mail.io",
  ],
  ...["gmx.ch", "aol.de", "bbox.fr", "ziggo.nl", "sohu.com", "139.com", "myyahoo.com", "passport.com"],
];

/** Nobody's, for use in documents and tests (RFC 2606 section 3). */
const reserved = ["example.com", "example.net", "example.org"];

const mailboxProviders: ReadonlySet<string> = new Set([...providers, ...alsoPublic]);
const throwAwayMail: ReadonlySet<string> = disposableEmailBlocklistSet();

/** @param registrable the part of a name that can be registered: `acme.co.uk` of `mail.acme.co.uk` */
export function isPublicDomain(registrable: string): boolean {
  return kindOf(registrable) !== undefined;
}

/** What kind of addresses anybody can get at a domain; undefined where the lists know of none. */
export function mailKindOf(domain: string): "public" | "throwAway" | undefined {
  return kindOf(parse(domain).domain ?? domain);
}

function kindOf(registrable: string): "public" | "throwAway" | undefined {
  if (reserved.includes(registrable)) return undefined;
  if (throwAwayMail.has(registrable)) return "throwAway";
  return mailboxProviders.has(registrable) ? "public" : undefined;
}
