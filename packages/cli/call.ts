/** One call of the API: credentials, a token, the answer. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Request } from "./arguments.ts";

export interface Credentials {
  url: string;
  clientId: string;
  clientSecret: string;
}

/** The server or the way to it said no; the message is for the terminal. */
export class CallError extends Error {
  override readonly name = "CallError";
}

const names = {
  url: "SCALEKIT_ENVIRONMENT_URL",
  clientId: "SCALEKIT_CLIENT_ID",
  clientSecret: "SCALEKIT_CLIENT_SECRET",
} as const;

/**
 * The credentials: of the file that is named, else of the environment, else of `data/credentials.env` in this folder
 * or one above it, which `npm start` writes.
 * @throws CallError saying where they were looked for
 */
export function findCredentials(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
  file: string | undefined,
): Credentials {
  const named = file ?? env.GATEHOUSE_CREDENTIALS;
  if (named !== undefined) return complete(readEnvFile(named), named);
  if (env[names.url]) return complete(env, "the environment");
  const found = findUpwards(folder);
  if (found !== undefined) return complete(readEnvFile(found), found);
  throw new CallError(
    `No credentials: set ${Object.values(names).join(", ")}, or name a file by --credentials or GATEHOUSE_CREDENTIALS`,
  );
}

function complete(values: Readonly<Record<string, string | undefined>>, where: string): Credentials {
  const entries = Object.entries(names).map(([key, name]) => [key, values[name] ?? ""]);
  const missing = entries.find(([, value]) => value === "")?.[0] as keyof typeof names | undefined;
  if (missing !== undefined) throw new CallError(`${names[missing]} is missing in ${where}`);
  return Object.fromEntries(entries) as Credentials & Record<string, string>;
}

function findUpwards(folder: string): string | undefined {
  const file = join(folder, "data", "credentials.env");
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? undefined : findUpwards(dirname(folder));
}

function readEnvFile(file: string): Record<string, string> {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    const pairs = lines.map((line) => /^\s*([A-Z_]+)=(.*)$/.exec(line)).filter((match) => match !== null);
    return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value.trim()]));
  } catch (cause) {
    throw new CallError(`The credentials cannot be read: ${(cause as Error).message}`);
  }
}

/** @throws CallError with what the server said, or why it was not reached */
export async function call(
  credentials: Credentials,
  request: Request,
  fetch: typeof globalThis.fetch,
): Promise<unknown> {
  const authorization = `Bearer ${await tokenOf(credentials, fetch)}`;
  const answer = await reach(() =>
    fetch(new URL(request.path, credentials.url), {
      method: request.verb,
      headers: { authorization, ...(request.body && { "content-type": "application/json" }) },
      ...(request.body && { body: JSON.stringify(request.body) }),
    }),
  );
  const text = await answer.text();
  const body = readJson(text);
  if (!answer.ok) throw refusal(answer.status, body, text);
  return body;
}

async function tokenOf(credentials: Credentials, fetch: typeof globalThis.fetch): Promise<string> {
  const answer = await reach(() =>
    fetch(new URL("/oauth/token", credentials.url), {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
      }),
    }),
  );
  const body = readJson(await answer.text()) as Record<string, string> | undefined;
  if (answer.ok && body?.access_token) return body.access_token;
  const why = body?.error_description ?? body?.error ?? `status ${answer.status}`;
  throw new CallError(`${credentials.url} gave no token: ${why}`);
}

async function reach(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (thrown) {
    const { cause, message } = thrown as Error;
    throw new CallError(`The server was not reached: ${cause instanceof Error ? cause.message : message}`);
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ErrorBody {
  message?: string;
  details?: {
    error_code?: string;
    request_info?: { request_id?: string };
    validation_error_info?: { field_violations?: { field: string; description: string }[] };
  }[];
}

function refusal(status: number, body: unknown, text: string): CallError {
  const { message, details = [] } = (body ?? {}) as ErrorBody;
  const [info] = details;
  const violations = info?.validation_error_info?.field_violations ?? [];
  const lines = [
    `${message ?? text.slice(0, 500)} (${[info?.error_code, status].filter(Boolean).join(", ")})`,
    ...violations.map(({ field, description }) => `  ${field}: ${description}`),
    ...(info?.request_info?.request_id ? [`  request ${info.request_info.request_id}`] : []),
  ];
  return new CallError(lines.join("\n"));
}
