/**
 * What is asked of social providers behind the browser's back: tokens for a code, and the profile. No OAuth library
 * stands between, since these answers are none of the standard's: GitHub refuses a code with 200, and LinkedIn's ID
 * tokens break the rules that such a library applies.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { OutboundError } from "../../lib/outbound-error.ts";
import { connectionErrors as errors } from "./errors.ts";

export interface Tokens {
  accessToken: string;
  idToken: string | undefined;
}

/** More than any provider says of a person. */
const longestAnswer = 256 * 1024;

/**
 * Exchanges a code (RFC 6749 section 4.1.3), with the client's secret in the form.
 * @throws failed_to_exchange_token, server_error
 */
export async function exchangeCode(
  ctx: Ctx,
  tokenUri: string,
  form: Record<string, string>,
): Promise<Tokens> {
  const { status, body } = await ask(ctx, tokenUri, { method: "POST", body: new URLSearchParams(form) });
  if (status >= 500) throw errors.server_error(`${hostOf(tokenUri)} answered ${status}`);
  const answer = isObject(body) ? body : {};
  const { error, error_description: text, access_token: accessToken, id_token: idToken } = answer;
  if (typeof error === "string")
    throw errors.failed_to_exchange_token(shortened(typeof text === "string" ? text : error));
  if (status >= 400) throw errors.failed_to_exchange_token(`it answered ${status}`);
  if (typeof accessToken !== "string" || accessToken === "")
    throw errors.server_error("its answer cannot be read (it holds no access token)");
  // A token of another type would have to be sent otherwise (RFC 6749 section 7.1).
  if (!/^bearer$/i.test(String(answer.token_type ?? "bearer")))
    throw errors.server_error(`it gave a token of type ${shortened(String(answer.token_type))}, not Bearer`);
  return { accessToken, idToken: typeof idToken === "string" ? idToken : undefined };
}

/** What the provider says of the person whom the token is of. @throws user_info_retrieve_failed, server_error */
export async function fetchProfile(ctx: Ctx, uri: string, accessToken: string): Promise<unknown> {
  const { status, body } = await ask(ctx, uri, { headers: { authorization: `Bearer ${accessToken}` } });
  if (status !== 200) throw errors.user_info_retrieve_failed(`${hostOf(uri)} answered ${status}`);
  if (typeof body !== "object" || body === null)
    throw errors.user_info_retrieve_failed(`the answer of ${hostOf(uri)} is no JSON object`);
  return body;
}

interface Question {
  method?: string;
  headers?: Record<string, string>;
  body?: URLSearchParams;
}

/** @returns the body as JSON, undefined where it is none */
async function ask(ctx: Ctx, uri: string, question: Question): Promise<{ status: number; body: unknown }> {
  try {
    const answer = await ctx.app.fetch(uri, {
      ...question,
      // GitHub answers with a form to those who do not ask for JSON.
      headers: { accept: "application/json", ...question.headers },
      redirect: "error",
      maxBytes: longestAnswer,
    });
    return { status: answer.status, body: parsed(await answer.text()) };
  } catch (error) {
    if (error instanceof AppError || !(error instanceof OutboundError)) throw error;
    throw errors.server_error(error.message).because(error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hostOf(uri: string): string {
  return URL.parse(uri)?.host ?? uri;
}

function shortened(text: string): string {
  return text.slice(0, 300);
}
