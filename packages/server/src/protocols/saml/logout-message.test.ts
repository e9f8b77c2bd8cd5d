/** Logout messages of ours and of node-saml, each read by the other; and what both bindings refuse. */
import { SAML } from "@node-saml/node-saml";
import { describe, expect, test } from "vitest";
import { testKey } from "../../testing/saml-idp.ts";
import { encode, reasonOf, signByHand } from "../../testing/saml-messages.ts";
import { authenticateLogout, type LogoutExpectations, readPost, readRedirect } from "./logout-message.ts";
import { buildLogoutRequest, readLogoutRequest } from "./logout-request.ts";
import { buildLogoutResponse, checkLogoutResponse } from "./logout-response.ts";
import { postMessage, redirectMessage } from "./send-message.ts";

const idp = testKey("https://idp.test");
const sp = testKey("https://sp.test");
const sloUrl = "https://sp.test/slo";
const idpSloUrl = "https://idp.test/slo?tenant=1";
// node-saml takes the time from the process.
const now = new Date();

/** node-saml in the place of the identity provider. */
const other = new SAML({
  issuer: "https://idp.test",
  idpIssuer: "https://sp.test",
  callbackUrl: idpSloUrl,
  entryPoint: sloUrl,
  logoutUrl: sloUrl,
  idpCert: sp.certificate,
  privateKey: idp.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  signatureAlgorithm: "sha256",
  digestAlgorithm: "sha256",
  wantAuthnResponseSigned: false,
});
const expectations: LogoutExpectations = {
  idpEntityId: "https://idp.test",
  certificates: [idp.certificate],
  destinations: [sloUrl],
};
const clock = { now, clockSkewSeconds: 120 };
const nameId = {
  value: "ada & co",
  format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  nameQualifier: "q",
};
const message = { issuer: "https://sp.test", destination: idpSloUrl, issueInstant: now };
const request = buildLogoutRequest({ ...message, id: "_1", nameId, sessionIndex: "_s<1>" });

function queryOf(url: string): string {
  return url.slice(url.indexOf("?") + 1);
}

describe("with node-saml", () => {
  test("it accepts our request by redirect, as it was sent", async () => {
    const url = redirectMessage({
      parameter: "SAMLRequest",
      url: idpSloUrl,
      xml: request,
      relayState: "r",
      sign: { key: sp.privateKey },
    });
    expect(url.startsWith(`${idpSloUrl}&SAMLRequest=`)).toBe(true);
    const query = queryOf(url).replace("tenant=1&", "");
    const { profile, loggedOut } = await other.validateRedirectAsync(
      Object.fromEntries(new URLSearchParams(query)),
      query,
    );
    expect(loggedOut).toBe(true);
    expect(profile).toMatchObject({
      nameID: nameId.value,
      nameIDFormat: nameId.format,
      sessionIndex: "_s<1>",
      issuer: "https://sp.test",
    });
  });

  test("it accepts our request by post", async () => {
    const { fields } = postMessage({
      parameter: "SAMLRequest",
      url: idpSloUrl,
      xml: request,
      sign: { key: sp.privateKey, certificate: sp.certificate },
    });
    const { profile } = await other.validatePostRequestAsync(fields);
    expect(profile).toMatchObject({ nameID: nameId.value, sessionIndex: "_s<1>" });
  });

  test("we accept its request and its answer", async () => {
    const user = { issuer: "x", nameID: "ada", nameIDFormat: nameId.format, sessionIndex: "_s" };
    const asked = readRedirect(queryOf(await other.getLogoutUrlAsync(user, "relay", {})));
    authenticateLogout(asked, expectations, now);
    expect(asked.relayState).toBe("relay");
    expect(readLogoutRequest(asked, clock)).toMatchObject({
      nameId: { value: "ada", format: nameId.format },
      sessionIndexes: ["_s"],
    });
    const profile = { ...user, ID: "_ours" };
    const answered = readRedirect(queryOf(await other.getLogoutResponseUrlAsync(profile, "relay", {}, true)));
    authenticateLogout(answered, expectations, now);
    checkLogoutResponse(answered, "_ours", clock);
    const failed = readRedirect(queryOf(await other.getLogoutResponseUrlAsync(profile, "", {}, false)));
    authenticateLogout(failed, expectations, now);
    const judge = () => checkLogoutResponse(failed, "_ours", clock);
    expect(reasonOf(judge)).toBe("logout_incomplete");
  });

  test("it accepts our answer", async () => {
    const xml = buildLogoutResponse({ ...message, id: "_2", inResponseTo: "_theirs", status: "Success" });
    const query = queryOf(
      redirectMessage({
        parameter: "SAMLResponse",
        url: "https://idp.test/slo",
        xml,
        sign: { key: sp.privateKey },
      }),
    );
    const { loggedOut } = await other.validateRedirectAsync(
      Object.fromEntries(new URLSearchParams(query)),
      query,
    );
    expect(loggedOut).toBe(true);
  });
});

describe("the signature of a redirect covers the query as it was sent", () => {
  const theirs = buildLogoutRequest({
    ...message,
    issuer: "https://idp.test",
    destination: sloUrl,
    id: "_3",
    nameId,
  });
  const query = queryOf(
    redirectMessage({
      parameter: "SAMLRequest",
      url: sloUrl,
      xml: theirs,
      relayState: "a b",
      sign: { key: idp.privateKey },
    }),
  );
  const judge = (sent: string) => reasonOf(() => authenticateLogout(readRedirect(sent), expectations, now));

  test.each([
    ["unchanged", query, "accepted"],
    ["with more parameters, which are not read", `x=1&${query}&y=2`, "accepted"],
    ["in another order", query.split("&").reverse().join("&"), "accepted"],
    ["another spelling of the same values", query.replace("a%20b", "a+b"), "signature_mismatch"],
    ["another RelayState", query.replace("a%20b", "c"), "signature_mismatch"],
    ["without RelayState", query.replace("&RelayState=a%20b", ""), "signature_mismatch"],
    ["a second RelayState", `${query}&RelayState=c`, "parameter_repeated"],
    ["another algorithm", query.replace("rsa-sha256", "rsa-sha512"), "signature_mismatch"],
    ["an empty algorithm", query.replace(/SigAlg=[^&]*/, "SigAlg="), "algorithm_unsupported"],
    ["a signature that is no base64", query.replace(/Signature=[^&]*/, "Signature=%3C"), "not_base64"],
    ["percent signs that mean nothing", query.replace("a%20b", "%zz"), "not_deflated"],
    ["both messages", `${query}&SAMLResponse=x`, "not_a_logout_message"],
  ])("%s", (_, sent, reason) => {
    expect(judge(sent)).toBe(reason);
  });
});

describe("the signature of a post covers the message itself", () => {
  const signed = (xml: string) => signByHand(xml, { key: idp.privateKey, xpath: "/*" });
  const xml = buildLogoutRequest({
    ...message,
    issuer: "https://idp.test",
    destination: sloUrl,
    id: "_4",
    nameId,
  });
  const judge = (sent: string) =>
    reasonOf(() =>
      authenticateLogout(readPost(new URLSearchParams({ SAMLRequest: encode(sent) })), expectations, now),
    );
  const wrapped = signed(xml).replace(
    /^<samlp:LogoutRequest ([^>]*)>/,
    (open) =>
      `${open.replace('ID="_4"', 'ID="_evil"')}<saml:Issuer>https://idp.test</saml:Issuer><samlp:Extensions>${open}`,
  );

  test.each([
    ["unchanged", signed(xml), "accepted"],
    ["unsigned", xml, "logout_unsigned"],
    [
      "the signed one inside a forged one",
      wrapped.replace(
        "</samlp:LogoutRequest>",
        "</samlp:LogoutRequest></samlp:Extensions></samlp:LogoutRequest>",
      ),
      "signature_wrapped",
    ],
    ["another NameID", signed(xml).replace("ada", "eve"), "digest_mismatch"],
    ["a DOCTYPE", `<!DOCTYPE x>${signed(xml)}`, "doctype_refused"],
    ["no Destination", signed(xml.replace(/ Destination="[^"]+"/, "")), "logout_destination_mismatch"],
  ])("%s", (_, sent, reason) => {
    expect(judge(sent)).toBe(reason);
  });
});
