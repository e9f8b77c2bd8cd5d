/**
 * The client-credentials grant (RFC 6749 §4.4) with the credentials in the body.
 */
import { type Connection, requestText } from "../lib/http-client.ts";

export type ClientCredentialsTarget = {
  host: string;
  tokenPath: string;
  clientId: string;
  clientSecret: string;
};

/**
 * Prepares the request once; each call of the result sends it and expects an RS256 JWT.
 */
export function clientCredentials(
  target: ClientCredentialsTarget,
): (connection: Connection) => Promise<void> {
  const form = {
    grant_type: "client_credentials",
    client_id: target.clientId,
    client_secret: target.clientSecret,
  };
  const request = requestText("POST", target.host, target.tokenPath, { form });
  return async (connection) => {
    const answer = await connection.send(request);
    // "eyJ" opens every JWT: base64url of `{"`.
    if (answer.status !== 200 || !/"access_token": ?"eyJ/.test(answer.body)) {
      throw new Error(`the token endpoint answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  };
}
