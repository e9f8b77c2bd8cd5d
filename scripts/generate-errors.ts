/**
 * Writes docs/errors.md from the tables of errors. A message that depends on what was seen is made by its own
 * function, with the names of its parameters as the arguments, so the page shows what the server says.
 */
import { globSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import type { AppError } from "../packages/server/src/errors.ts";
import { rateLimited } from "../packages/server/src/limits.ts";
import { adviceFor } from "../packages/server/src/modules/traces/advice.ts";
import { oidcAdvice } from "../packages/server/src/modules/traces/advice-oidc.ts";
import { openPage } from "../packages/server/src/paging.ts";
import { SamlError, type SamlErrorReason } from "../packages/server/src/protocols/saml/saml-error.ts";
import { fastifyRefusal, refusals, wrongType, wrongVerb } from "../packages/server/src/transport/refusals.ts";
import { oauthError, restError } from "../packages/server/src/transport/render.ts";
import { type ErrorTable, errorTables, type Place } from "./error-tables.ts";
import { cell, code, notice, table, writePage } from "./markdown.ts";

const sources = join(import.meta.dirname, "../packages/server/src");

/** The page, from the tables as they are now. */
export function errorsPage(): string {
  const parts = errorTables.map((each) => `## ${each.title}\n\n${tableOf(each)}`);
  return `${notice("generate-errors.ts", "the errors.ts of every module, refusals.ts and saml-error.ts")}

# Errors

${intro}

${parts.join("\n\n")}

## SAML responses and metadata

The identity provider's message was read and refused. At the app's redirect URI \`error\` is the code and
\`error_description\` the message. The reason is finer: the trace of the sign-in names it with what was seen and what was
expected, and so does the log (\`LOG_LEVEL=info\`, member \`err.reason\`).
Errors of metadata reach the API as \`CONNECTION_METADATA_INVALID\`, and those of certificates as \`CONNECTION_CERTIFICATE_INVALID\`, with the
same message.

${table(["Code", "Reason", "Message", "Fix"], samlRows())}

## Answers of OpenID providers

The finer reasons below \`invalid_id_token\` and \`server_error\`, as traces name them.

${table(["Reason", "What happened", "Fix"], oidcRows())}

## The transport

Refused before a rule runs, in the form of the API. A browser at a path that nothing serves gets a page. \`RATE_LIMITED\`
comes in the form of the route that was asked, from OAuth's endpoints as \`temporarily_unavailable\`.

${table(["Code", "Status", "HTTP", "Message"], transportErrors().map(transportRow))}
`;
}

const intro = `Every error has a stable code and a message that says what was seen and what to do. Codes of a protocol are in lower
case, our own in upper case. \`{name}\` stands for what was seen.

Where an error is seen:

- **API**: REST answers \`{"code": <gRPC number>, "message", "details": [ErrorInfo]}\`, where \`error_code\` of the
  \`ErrorInfo\` is the code below; gRPC and Connect carry the same in their status and its details.
- **OAuth**: \`{"error", "error_description"}\` of RFC 6749 section 5.2, at \`/oauth/token\`, \`/oauth/introspect\`,
  \`/revoke\` and \`/userinfo\`.
- **app**: the browser goes back to the app's redirect URI with \`error\`, \`error_description\`, \`state\` and \`iss\`. A code
  that is in upper case arrives there as \`server_error\`.
- **page**: the user sees a page with message, code and the id of the request, since no app can be told safely.

Whatever ends a sign-in has a fix, in the tables below and in the trace of the attempt: the app receives the address of
its page as \`error_uri\`, and its reference stands at the end of \`error_description\`.

The id of the request (\`x-request-id\` of every answer) is in the log line of the request. What no rule names
leaves as \`INTERNAL\`, without a word of its cause; the cause is in the log.`;

function tableOf(each: ErrorTable): string {
  const head = ["Code", "Status", "HTTP", "Message", "Where", ...(each.ends ? ["Fix"] : [])];
  return table(
    head,
    Object.keys(each.errors).map((name) => errorRow(each, name)),
  );
}

function errorRow(each: ErrorTable, name: string): string[] {
  const places = each.places?.[name] ?? [each.usually];
  const error = exampleOf(each, name);
  const texts = /^\{\w+\}$/.test(error.message) ? textsOf(each.module, name) : [];
  return [
    code(name),
    code(error.status),
    httpOf(error, places),
    (texts.length > 0 ? texts : [error.message]).map(cell).join("<br>"),
    places.map((place) => placeNames[place]).join(", "),
    ...(each.ends ? [cell(adviceFor(name).fix)] : []),
  ];
}

const placeNames: Readonly<Record<Place, string>> = {
  API: "API",
  OAuth: "OAuth",
  app: "app",
  page: "page",
  nowhere: "caught by the server",
};

function httpOf(error: AppError, places: readonly Place[]): string {
  const numbers = new Set<number>();
  if (places.includes("API") || places.includes("page")) numbers.add(restError(error, "").status);
  if (places.includes("OAuth")) numbers.add(oauthError(error).status);
  return [...numbers].join(", ") || "–";
}

/** The error as its own function makes it. @throws Error when a parameter of it was not found in the source */
function exampleOf({ module, errors }: ErrorTable, name: string): AppError {
  const make = (errors as Record<string, (...seen: string[]) => AppError>)[name];
  if (!make) throw new Error(`${module} has no error ${name}`);
  const error = make(...parametersOf(module, name).map((parameter) => `{${parameter}}`));
  if (error.message.includes("undefined")) throw new Error(`${name} takes a parameter that was not found`);
  return error;
}

/** The names of a message's parameters: types and calls do not have them, only the text of errors.ts does. */
function parametersOf(module: string, name: string): string[] {
  const text = readFileSync(join(sources, "modules", module, "errors.ts"), "utf8");
  const entry = new RegExp(`\\b${name}:\\s*\\[\\s*"[A-Z_]+",\\s*\\(([^)]*)\\)\\s*=>`).exec(text);
  return entry?.[1] ? entry[1].split(",").map((parameter) => (parameter.split(":")[0] ?? "").trim()) : [];
}

/** What a module says where it throws an error whose message is free. */
function textsOf(module: string, name: string): string[] {
  const files = globSync(`modules/${module}/**/*.ts`, { cwd: sources }).sort();
  const call = new RegExp(`\\w*[eE]rrors\\.${name}\\(\\s*${literal.source}`, "g");
  const found = files
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) => [...readFileSync(join(sources, file), "utf8").matchAll(call)]);
  return [...new Set(found.map((match) => plain(match[1] ?? "")))];
}

/** A string or a template. */
const literal = /("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/;

/** The text of a literal, with \`{name}\` for what a template puts in. */
function plain(source: string): string {
  return source
    .slice(1, -1)
    .replace(
      /\$\{([\w.]+)[^}]*\}/g,
      (_, path: string) =>
        `{${path
          .replace(/\.slice$/, "")
          .split(".")
          .at(-1)}}`,
    )
    .replaceAll('\\"', '"');
}

function samlRows(): string[][] {
  const text = readFileSync(join(sources, "protocols/saml/saml-error.ts"), "utf8");
  const start = text.indexOf("CODE_OF_REASON = {");
  const reasons = [...text.slice(start, text.indexOf("} as const", start)).matchAll(/^ {2}(\w+):/gm)];
  const messages = samlMessages();
  return reasons.map(([, reason = ""]) => {
    const error = new SamlError(reason as SamlErrorReason, "");
    return [
      code(error.code),
      code(reason),
      (messages.get(reason) ?? ["says what was seen"]).map(cell).join("<br>"),
      cell(adviceFor(error.code, reason).fix),
    ];
  });
}

function oidcRows(): string[][] {
  return Object.entries(oidcAdvice).map(([reason, { title, fix }]) => [code(reason), cell(title), cell(fix)]);
}

function samlMessages(): Map<string, string[]> {
  // Also where a helper is told the reason and the beginning of its message.
  const call = new RegExp(`"(\\w+)",\\s*${literal.source}`, "g");
  const found = new Map<string, string[]>();
  for (const file of globSync("protocols/saml/*.ts", { cwd: sources }).sort()) {
    if (file.endsWith(".test.ts")) continue;
    for (const [, reason = "", message = ""] of readFileSync(join(sources, file), "utf8").matchAll(call)) {
      found.set(reason, [...new Set([...(found.get(reason) ?? []), plain(message)])]);
    }
  }
  return found;
}

function transportErrors(): AppError[] {
  const violation = { field: "{field}", constraint: "{rule}", description: "{what is wrong}" };
  const fastify = ["BODY_TOO_LARGE", "INVALID_CONTENT_LENGTH"].map((name) => `FST_ERR_CTP_${name}`);
  return [
    refusals.noToken(),
    refusals.notBearer(),
    refusals.callerNotAllowed("{kind}"),
    refusals.methodClosed(),
    refusals.permissionMissing("{permission}"),
    refusals.otherOrganization(),
    refusals.notBuilt("{method}"),
    refusals.noEnvironment(),
    refusals.rules([violation]),
    refusals.messageTooLarge(),
    refusals.notOneMessage(),
    refusals.unknownEncoding("{encoding}", "{encodings}"),
    refusals.deadlinePassed(),
    refusals.noRoute(),
    rateLimited("{limit}", "{seconds}"),
    wrongVerb(["{verbs}"]),
    wrongType("{type}"),
    ...[...fastify, "FST_ERR_BAD_URL", "FST_ERR_MAX_PARAM_LENGTH"].map(
      (name) => fastifyRefusal({ code: name }) as AppError,
    ),
    thrownBy(() => openPage({ pageSize: 0, pageToken: "unknown" }, "list")),
  ];
}

function transportRow(error: AppError): string[] {
  return [code(error.code), code(error.status), String(restError(error, "").status), cell(error.message)];
}

function thrownBy(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    return error as AppError;
  }
  throw new Error("nothing was thrown");
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  writePage("errors.md", errorsPage());
}
