/** Registers the example's webhook endpoint, which an operator would otherwise do by hand once. */

export interface Environment {
  environmentUrl: string;
  clientId: string;
  clientSecret: string;
}

/** What the directories' people are announced by. */
const eventTypes = ["organization.directory.*"];

/**
 * Makes the endpoint, or gives the one that has this address a new secret.
 * @returns its signing secret, `whsec_…`
 * @throws Error with the reason when Gatehouse refuses, as it does an address that it must not reach
 */
export async function registerEndpoint(environment: Environment, url: string): Promise<string> {
  const call = await apiOf(environment);
  const { endpoints } = await call<{ endpoints: { id: string; url: string }[] }>("GET", "?page_size=100");
  const known = endpoints.find((endpoint) => endpoint.url === url);
  const { secret } = known
    ? await call<{ secret: string }>("POST", `/${known.id}:rotate_secret`)
    : await call<{ secret: string }>("POST", "", {
        url,
        description: "Provisioning example",
        event_types: eventTypes,
      });
  return secret;
}

async function apiOf({ environmentUrl, clientId, clientSecret }: Environment) {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const token = await answerOf<{ access_token: string }>(
    await fetch(`${environmentUrl}/oauth/token`, { method: "POST", body: new URLSearchParams(form) }),
  );
  const headers = { authorization: `Bearer ${token.access_token}`, "content-type": "application/json" };
  return async <T>(method: string, path: string, body?: object) =>
    answerOf<T>(
      await fetch(`${environmentUrl}/api/v1/webhooks/endpoints${path}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
}

async function answerOf<T>(answer: Response): Promise<T> {
  const body = (await answer.json()) as T & { message?: string; error_description?: string };
  if (answer.ok) return body;
  throw new Error(`${answer.url} answered ${answer.status}: ${body.message ?? body.error_description}`);
}
