/** Tells the environment where this app begins sign-ins: that is where one goes that began at the identity provider. */
import type { ScalekitClient } from "@scalekit-sdk/node";

interface Registration {
  scalekit: ScalekitClient;
  environmentUrl: string;
  clientId: string;
  /** The initiate-login URL. */
  loginUrl: string;
}

/**
 * Sets the client's initiate-login URL where it has none; somebody's own stays.
 * @throws Error when the environment refuses or does not answer
 */
export async function registerLoginUrl({
  scalekit,
  environmentUrl,
  clientId,
  loginUrl,
}: Registration): Promise<void> {
  const url = `${environmentUrl}/api/v1/clients/${encodeURIComponent(clientId)}`;
  const headers = {
    authorization: `Bearer ${await scalekit.getClientAccessToken()}`,
    "content-type": "application/json",
  };
  const { client } = (await answerOf(fetch(url, { headers }))) as { client: { initiate_login_uri?: string } };
  if (client.initiate_login_uri) return;
  const body = JSON.stringify({ initiate_login_uri: loginUrl });
  await answerOf(fetch(url, { method: "PATCH", headers, body }));
}

async function answerOf(request: Promise<Response>): Promise<unknown> {
  const answer = await request;
  if (!answer.ok) throw new Error(`The environment answered ${answer.status}`);
  return answer.json();
}
