/** What went over the wire in a sign-in: a case must show that it tried what its name says. */
import { inflateRawSync } from "node:zlib";
import type { Browser } from "./browser.ts";
import { expectEqual, expectThat } from "./cases.ts";

type Message = { binding: "HTTP_REDIRECT" | "HTTP_POST"; xml: string; signedInQuery: boolean };

/** @throws when the last request or response does not have what our connection's settings ask for */
export function expectMessages(browser: Browser, config: Record<string, unknown> = {}): void {
  const request = lastMessage(browser, "SAMLRequest");
  const response = lastMessage(browser, "SAMLResponse");
  if (config.idp_sso_request_binding) {
    expectEqual("the binding of our request", request.binding, config.idp_sso_request_binding);
  }
  // Where it is not named, the identity provider's metadata has decided.
  if (config.want_request_signed !== undefined) {
    const isSigned = request.signedInQuery || /<(\w+:)?Signature\b/.test(request.xml);
    expectEqual("that our request is signed", isSigned, config.want_request_signed);
  }
  const isEncrypted = /<(\w+:)?EncryptedAssertion\b/.test(response.xml);
  expectEqual("that the assertion is encrypted", isEncrypted, config.assertion_encrypted === true);
  if (typeof config.idp_name_id_format === "string" && !isEncrypted) {
    const format = `nameid-format:${config.idp_name_id_format.toLowerCase()}`;
    expectThat(response.xml.includes(format), `the response has no NameID of the format ${format}`);
  }
}

function lastMessage(browser: Browser, name: "SAMLRequest" | "SAMLResponse"): Message {
  for (const { request, fields } of browser.history.toReversed()) {
    const posted = fields[name];
    if (posted !== undefined) {
      return { binding: "HTTP_POST", xml: Buffer.from(posted, "base64").toString(), signedInQuery: false };
    }
    const query = new URL(request.slice(request.indexOf(" ") + 1)).searchParams;
    const sent = query.get(name);
    if (sent === null) continue;
    const xml = inflateRawSync(Buffer.from(sent, "base64")).toString();
    return { binding: "HTTP_REDIRECT", xml, signedInQuery: query.has("Signature") };
  }
  throw new Error(`the browser has carried no ${name}`);
}
