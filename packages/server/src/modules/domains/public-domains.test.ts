/** Which domains no organization can own, and that the kept lists leave companies' alone. */
import { expect, test } from "vitest";
import { isPublicDomain } from "./public-domains.ts";

test.each([
  ...[
    "gmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "proton.me",
    "gmx.de",
    "web.de",
    "qq.com",
    "naver.com",
  ],
  ...["mail.ru", "hotmail.co.uk", "aol.com", "zoho.com", "fastmail.com", "tuta.com", "duck.com"],
  ...[
    "mailinator.com",
    "guerrillamail.com",
    "yopmail.com",
    "10minutemail.com",
    "temp-mail.org",
    "33mail.com",
  ],
])("%s is open to everybody", (domain) => {
  expect(isPublicDomain(domain)).toBe(true);
});

test.each([
  ...[
    "example.com",
    "example.org",
    "microsoft.com",
    "google.com",
    "apple.com",
    "ibm.com",
    "github.com",
    "mit.edu",
  ],
  ...["acme.com", "okta.com", "auth0.com", "constructor", "__proto__", ""],
])("%s is not", (domain) => {
  expect(isPublicDomain(domain)).toBe(false);
});
