/** The answer to a LogoutRequest (SAML core 3.7.2): ours to the identity provider, and its to us. */
import { checkEnvelope, type LogoutClock, type LogoutMessage } from "./logout-message.ts";
import { NS, STATUS_SUCCESS } from "./names.ts";
import { attribute, optionalChild, plainText, requiredChild } from "./read-elements.ts";
import { SamlError, shorten } from "./saml-error.ts";
import { element, escapeXml } from "./write-xml.ts";

/** Whose fault it was that nothing ended (SAML core 3.2.2.2). */
export type LogoutStatus = "Success" | "Requester" | "Responder";

export type LogoutResponseInput = {
  /** Unguessable, unique, and an XML name. */
  id: string;
  issueInstant: Date;
  /** Our entity id. */
  issuer: string;
  destination: string;
  /** The id of the request. */
  inResponseTo: string;
  status: LogoutStatus;
  /** Why, for the log of the other side. */
  message?: string | undefined;
};

/**
 * Writes a LogoutResponse.
 *
 * @param input - see the type
 * @returns the XML, unsigned
 */
export function buildLogoutResponse(input: LogoutResponseInput): string {
  const attributes = {
    "xmlns:samlp": NS.protocol,
    "xmlns:saml": NS.assertion,
    ID: input.id,
    Version: "2.0",
    IssueInstant: input.issueInstant.toISOString(),
    Destination: input.destination,
    InResponseTo: input.inResponseTo,
  };
  const status = [
    element("samlp:StatusCode", { Value: STATUS_SUCCESS.replace("Success", input.status) }),
    ...(input.message === undefined
      ? []
      : [element("samlp:StatusMessage", {}, [escapeXml(shorten(input.message))])]),
  ];
  return element("samlp:LogoutResponse", attributes, [
    element("saml:Issuer", {}, [escapeXml(input.issuer)]),
    element("samlp:Status", {}, status),
  ]);
}

/**
 * Checks that an identity provider says that it has signed the person out.
 *
 * @param message - authenticated, see `authenticateLogout`
 * @param inResponseTo - the id of our request
 * @param clock - `clockSkewSeconds` in seconds
 * @throws {SamlError} `logout_answer_mismatch`, `logout_incomplete`, `version_unsupported`, `not_yet_valid`,
 *   `element_missing`
 */
export function checkLogoutResponse({ root }: LogoutMessage, inResponseTo: string, clock: LogoutClock): void {
  checkEnvelope(root, clock);
  const observed = attribute(root, "InResponseTo");
  if (observed !== inResponseTo) {
    throw new SamlError(
      "logout_answer_mismatch",
      "The LogoutResponse answers another request than the one that this browser was sent with.",
      {
        observed: observed ?? "no InResponseTo",
        expected: inResponseTo,
      },
    );
  }
  const status = requiredChild(root, NS.protocol, "Status");
  const said = describeStatus(status);
  if (said === "Success") return;
  throw new SamlError(
    "logout_incomplete",
    `The identity provider did not sign the user out everywhere (${shorten(said)}). Its own log says why.`,
    { observed: said, expected: "Success" },
  );
}

/** `Responder / PartialLogout: a text`; `Success` when that is the outer code and no second one takes it back. */
function describeStatus(status: Parameters<typeof requiredChild>[0]): string {
  const code = requiredChild(status, NS.protocol, "StatusCode");
  const second = optionalChild(code, NS.protocol, "StatusCode");
  const message = optionalChild(status, NS.protocol, "StatusMessage");
  const values = [code, ...(second ? [second] : [])].map((each) => attribute(each, "Value") ?? "none");
  // PartialLogout may stand below Success (SAML core 3.7.3.2).
  if (values.length === 1 && values[0] === STATUS_SUCCESS) return "Success";
  const names = values.map((value) => value.split(":").at(-1)).join(" / ");
  return message ? `${names}: ${plainText(message)}` : names;
}
