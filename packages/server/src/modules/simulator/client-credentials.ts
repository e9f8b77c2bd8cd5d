/** Reads how a client proves itself at the token endpoint (RFC 6749 section 2.3.1). */
import { oauthRefusal } from "./errors.ts";

/**
 * @param authorization the header, `client_secret_basic`
 * @param form the body, `client_secret_post`
 * @throws invalid_request when both are used or a parameter is given twice, invalid_client when none can be read
 */
export function clientCredentials(
  authorization: string | undefined,
  form: URLSearchParams,
): { id: string; secret: string } {
  for (const name of ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"]) {
    if (form.getAll(name).length > 1) throw oauthRefusal("invalid_request", `${name} is given twice`);
  }
  const secret = form.get("client_secret");
  if (authorization === undefined) return { id: form.get("client_id") ?? "", secret: secret ?? "" };
  if (secret !== null) {
    throw oauthRefusal("invalid_request", "The client secret is given twice: in the header and in the body");
  }
  const [, encoded = ""] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon === -1)
    throw oauthRefusal("invalid_client", "The Authorization header holds no client id and secret");
  return { id: formDecoded(pair.slice(0, colon)), secret: formDecoded(pair.slice(colon + 1)) };
}

/** Both parts are form-encoded before they are joined. */
function formDecoded(part: string): string {
  return new URLSearchParams(`part=${part.replaceAll("&", "%26")}`).get("part") ?? "";
}
