/**
 * Bad input to every method that is built: each rule of the contract broken once, and values that no rule names. What
 * is refused says which field, changes nothing, and is never a fault of ours.
 */
import { type DescMethod, fromBinary, getOption, type JsonValue } from "@bufbuild/protobuf";
import { ErrorInfoSchema } from "@gatehouse/contract/scalekit/v1/errdetails/errdetails_pb";
import { auth_option } from "@gatehouse/contract/scalekit/v1/options/options_pb";
import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { services } from "./app.ts";
import { startTestApp, type TestApp } from "./testing/app.ts";
import { attempts } from "./testing/attempts.ts";
import { memberCookie, sessionToken } from "./testing/callers.ts";
import { baseOf, oddRequests, placesOf } from "./testing/odd-requests.ts";
import { ruleViolations } from "./testing/rule-violations.ts";
import { createSamlTenant, type SamlTenant } from "./testing/sign-in.ts";
import { callerBits } from "./transport/callers.ts";

let app: TestApp;
let tenant: SamlTenant;
const headers = { client: {}, workspace: {}, session: {} };

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  headers.client = { authorization: `Bearer ${await app.token()}` };
  headers.workspace = { cookie: await memberCookie(app), "sec-fetch-site": "same-origin" };
  headers.session = { authorization: `Bearer ${await sessionToken(app, tenant, [])}` };
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

const built = services.flatMap(({ service, handlers }) =>
  service.methods.filter((method) => handlers.has(method.localName)),
);

/** The first kind of caller that may call the method. */
function headersFor(method: DescMethod): object {
  const callers = getOption(method, auth_option).authenticationType;
  if (callers & callerBits.CLIENT) return headers.client;
  return callers & callerBits.WORKSPACE ? headers.workspace : headers.session;
}

interface Answer {
  status: number;
  message: string;
  violations: { field: string; constraint: string }[];
}

async function call(method: DescMethod, request: JsonValue): Promise<Answer> {
  const answer = await fetch(`${app.url}/${method.parent.typeName}/${method.name}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headersFor(method) },
    body: JSON.stringify(request),
  });
  const body = (await answer.json()) as { message?: string; details?: { value: string }[] };
  const [detail] = body.details ?? [];
  const info = detail && fromBinary(ErrorInfoSchema, Buffer.from(detail.value, "base64"));
  const found = info?.validationErrorInfo?.fieldViolations ?? [];
  return { status: answer.status, message: body.message ?? "", violations: found };
}

/** Runs one after another in as many lanes as a browser has connections, so that a large sweep stays short. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return results;
}

/** A number for each table, which changes with its rows. */
const fingerprint = () => overTables<string>(sql`count(*) || ' ' || coalesce(sum(hashtext(t::text)), 0)`);

/** What an expression over all rows of a table says, but for what is noted while nobody waits for it. */
async function overTables<T>(expression: RawBuilder<unknown>): Promise<Record<string, T>> {
  const tables = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = 'public' and table_name <> 'client_secrets' order by 1`.execute(app.app.db);
  const parts = tables.rows.map(
    ({ name }) => sql`select ${name} as name, ${expression} as value from ${sql.table(name)} as t`,
  );
  const found = await sql<{ name: string; value: T }>`${sql.join(parts, sql` union all `)}`.execute(
    app.app.db,
  );
  return Object.fromEntries(found.rows.map(({ name, value }) => [name, value]));
}

describe("each rule of the contract, broken once", () => {
  const byHand = {
    "permission.name.format": "has spaces",
    "has(this.provider_key) || this.provider != 0": {},
    "this.provider == 15 ? this.provider_key in ['SCALEKIT'] : true": { provider: 15, provider_key: "OTHER" },
    "this.type == 9 ? this.key_id == 'WEBAUTHN' : true": { type: 9 },
    "!(this.type in [4,5,9])": { type: 4 },
  };
  const sweep = built.flatMap((method) =>
    ruleViolations(method.input, byHand).map((violation) => ({ method, ...violation })),
  );

  test("is refused with the field that breaks it, and changes nothing", async () => {
    expect(sweep.length).toBeGreaterThan(1_000);
    const before = await fingerprint();
    const answers = await inLanes(sweep, ({ method, request }) => call(method, request));
    const wrong = sweep.flatMap(({ method, field, rule, request }, index) => {
      const { status, violations } = answers[index] ?? { status: 0, violations: [] };
      const isNamed = violations.some((each) => each.field === field && breaks(each.constraint, rule));
      return status === 400 && isNamed
        ? []
        : [{ method: method.name, field, rule, request, status, violations }];
    });
    expect(wrong).toEqual([]);
    expect(await fingerprint()).toEqual(before);
  });

  /** Two limits of a number are one rule to the validator (`uint32.gte_lte`); what is required may not be empty. */
  function breaks(constraint: string, rule: string): boolean {
    const [kind, name = ""] = rule.split(".");
    if (constraint === rule || constraint === "required") return true;
    return constraint.startsWith(`${kind}.`) && constraint.split(/[._]/).includes(name);
  }
});

describe("values that no rule names", () => {
  let places: Record<string, string>;

  beforeAll(async () => {
    places = await placesOf(app, tenant);
  });

  test("are refused in the place of every id in a path, and change nothing", async () => {
    const cases = Object.entries(attempts).flatMap(([name, attempt]) =>
      [...attempt.request.matchAll(/(?<=\/)\{(\w+)\}/g)].flatMap(([whole]) =>
        oddIds(places[whole.slice(1, -1)] ?? "").map(({ id, expected }) => ({
          name,
          body: attempt.body && fill(JSON.stringify(attempt.body)),
          request: fill(attempt.request.replace(whole, id)),
          expected,
        })),
      ),
    );
    expect(cases.length).toBeGreaterThan(400);
    const before = await fingerprint();
    const answers = await inLanes(cases, ({ name, request, body }) => callByPath(name, request, body));
    const wrong = cases.flatMap(({ name, request, expected }, index) =>
      expected === answers[index] ? [] : [{ name, request, status: answers[index], expected }],
    );
    expect(wrong).toEqual([]);
    expect(await fingerprint()).toEqual(before);
  });

  test("are taken or refused in every field of every method, and nothing large is kept", async () => {
    const cases = built.flatMap((method) => oddRequests(method, baseOf(method, places)));
    expect(cases.length).toBeGreaterThan(1_000);
    const answers = await inLanes(cases, ({ method, request }) => call(method, request));
    const failed = cases.flatMap(({ method, what }, index) => {
      const { status, message } = answers[index] ?? { status: 0, message: "" };
      return status === 200 || refusals.includes(status)
        ? []
        : [{ method: method.name, what, status, message }];
    });
    expect(failed).toEqual([]);
    const longest = Object.entries(await overTables<number>(sql`max(length(t::text))`));
    expect(longest.filter(([, length]) => length > 50_000)).toEqual([]);
  });

  async function callByPath(name: string, request: string, body: string | undefined): Promise<number> {
    const method = built.find((each) => name.endsWith(`${each.parent.name}/${each.name}`));
    const [verb = "", path = ""] = request.split(" ");
    const json = { "content-type": "application/json" };
    const headers = { ...(method && headersFor(method)), ...(body !== undefined && json) };
    const init = { method: verb, headers, ...(body !== undefined && { body }) };
    return (await fetch(`${app.url}/api/v1${path}`, init)).status;
  }

  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole);
});

const refusals = [400, 403, 404, 409, 429];

/** What may stand where an id does in a path, and what it is answered with. */
function oddIds(id: string): { id: string; expected: number }[] {
  const unknown = id.replace(/\d{18}$/, "100000000000000001");
  return [
    // Roles have names, traces have references too, and clients of the environment have ids of several kinds.
    { id: "zzz_100000000000000001", expected: /^(member|skc_|trc_)/.test(id) ? 404 : 400 },
    ...(unknown === id ? [] : [{ id: unknown, expected: 404 }]),
    { id: "a%00b", expected: 400 },
    { id: "%ED%A0%80", expected: 400 },
    { id: "x".repeat(3_000), expected: 414 },
  ];
}
