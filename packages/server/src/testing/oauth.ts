/** What OAuth tests need beside a sign-in: its tokens, and applications of every type. */
import { hashSecret, newSecret } from "../lib/secrets.ts";
import type { TestApp } from "./app.ts";
import type { TestBrowser } from "./browser.ts";
import { callback, postToken, type SamlTenant, samlSignIn } from "./sign-in.ts";

export interface SignedIn {
  browser: TestBrowser;
  code: string;
  tokens: Record<string, string>;
}

/** Signs a user in and exchanges the code. */
export async function signInForTokens(
  app: TestApp,
  tenant: SamlTenant,
  options: Parameters<typeof samlSignIn>[2] = {},
): Promise<SignedIn> {
  const { browser, answer } = await samlSignIn(app, tenant, options);
  const code = answer.get("code") ?? "";
  const { status, body } = await postToken(app, redemption(code, options.verifier));
  if (status !== 200) throw new Error(`no tokens: ${answer} ${JSON.stringify(body)}`);
  return { browser, code, tokens: body };
}

/** The form that redeems a code. */
export function redemption(code: string, verifier?: string): Record<string, string> {
  const form = { grant_type: "authorization_code", code, redirect_uri: callback };
  return verifier === undefined ? form : { ...form, code_verifier: verifier };
}

let clients = 0;

/** An application of its own, beside the environment's. SPA and NTV get no secret. */
export async function addClient(
  app: TestApp,
  values: {
    type?: "WEB_APP" | "SPA" | "NTV";
    postLoginUris?: string[];
    postLogoutUris?: string[];
    grantTypes?: string[];
    scopes?: string[];
    enforcePkce?: boolean;
    environmentId?: string;
  } = {},
): Promise<{ id: string; secret: string }> {
  const { db } = app.app;
  const { type = "WEB_APP", environmentId = app.environmentId } = values;
  const now = app.app.now();
  const id = `webc_${String(++clients).padStart(18, "0")}`;
  const secret = `test_${newSecret()}`;
  await db
    .insertInto("clients")
    .values({
      id,
      environment_id: environmentId,
      type,
      name: id,
      post_login_uris: values.postLoginUris ?? [],
      post_logout_redirect_uris: values.postLogoutUris ?? [],
      grant_types: values.grantTypes ?? ["authorization_code", "refresh_token", "client_credentials"],
      scopes: values.scopes ?? [],
      enforce_pkce: values.enforcePkce ?? false,
      created_at: now,
      updated_at: now,
    })
    .execute();
  if (type === "WEB_APP") await addSecret(app, { id, secret, environmentId });
  return { id, secret };
}

async function addSecret(app: TestApp, of: { id: string; secret: string; environmentId: string }) {
  const now = app.app.now();
  await app.app.db
    .insertInto("client_secrets")
    .values({
      id: of.id.replace("webc_", "sks_"),
      environment_id: of.environmentId,
      client_id: of.id,
      hash: hashSecret(of.secret),
      suffix: of.secret.slice(-4),
      status: "ACTIVE",
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** The body of an answer. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server answers.
export async function bodyOf(answer: Response | Promise<Response>): Promise<any> {
  return (await answer).json();
}

/** The names of the keys that the server publishes. */
export async function publishedKeys(app: TestApp): Promise<string[]> {
  const { keys } = await bodyOf(fetch(`${app.url}/keys`));
  return keys.map((key: { kid: string }) => key.kid);
}
