/**
 * Domains at which anybody can get an address: mailbox providers and throw-away mail. An organization that owned
 * one would let strangers in at first sight. The lists are kept by others (`email-providers`,
 * `disposable-email-domains-js`) and are no proof that a domain which they leave out is private.
 */
import { disposableEmailBlocklistSet } from "disposable-email-domains-js";
import providers from "email-providers/all.json" with { type: "json" };

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
  if (reserved.includes(registrable)) return false;
  return mailboxProviders.has(registrable) || throwAwayMail.has(registrable);
}
