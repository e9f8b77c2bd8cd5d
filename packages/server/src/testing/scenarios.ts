/**
 * Scenarios of the management API as tables: caller, request → answer, events. The table of a module is the
 * documentation of its endpoints.
 */
import { expect, test } from "vitest";
import type { ApiAnswer, TestApp } from "./app.ts";

export interface Scenario {
  name: string;
  /** `GET /organizations/{acme}`: names in braces are replaced by what `places` holds. */
  request: string;
  /** Names in braces are replaced in its strings, too. */
  body?: unknown;
  /** The name of a token in `places`; the environment's own application when left out. */
  caller?: string;
  status: number;
  /** What the answer contains at least. */
  answer?: unknown;
  /** The types of the events that are written, in order; none when left out. */
  events?: string[];
}

/** Ids and tokens by name, filled before the scenarios run. */
export type Places = Record<string, string>;

/** Registers one test for each scenario; they run in the order of the table. */
export function testScenarios(app: () => TestApp, places: Places, scenarios: readonly Scenario[]): void {
  test.each(scenarios)("$name", async (scenario) => {
    const since = await lastEventId(app());
    const answer = await callScenario(app(), places, scenario);
    expect({ status: answer.status, body: answer.body }).toMatchObject({
      status: scenario.status,
      ...(scenario.answer !== undefined && { body: fill(scenario.answer, places) }),
    });
    expect(await eventTypesSince(app(), since)).toEqual(scenario.events ?? []);
  });
}

async function callScenario(app: TestApp, places: Places, scenario: Scenario): Promise<ApiAnswer> {
  const [method = "", path = ""] = fillText(scenario.request, places).split(/ (.*)/s);
  const token = scenario.caller === undefined ? undefined : places[scenario.caller];
  return app.api(path, {
    method,
    ...(scenario.body !== undefined && { body: fill(scenario.body, places) }),
    ...(token !== undefined && { token }),
  });
}

/** The events written after the event with this id, oldest first. */
export async function eventTypesSince(app: TestApp, id: string): Promise<string[]> {
  const rows = await app.app.db
    .selectFrom("events")
    .select("type")
    .where("id", ">", id)
    .orderBy("id")
    .execute();
  return rows.map((row) => row.type);
}

export async function lastEventId(app: TestApp): Promise<string> {
  const row = await app.app.db
    .selectFrom("events")
    .select("id")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? "";
}

/** Everything that was announced and logged so far, as text in which a secret must not be found. */
export async function toldSoFar(app: TestApp): Promise<string> {
  const events = await app.app.db.selectFrom("events").select("payload").execute();
  return JSON.stringify([events, app.logged]);
}

function fill(value: unknown, places: Places): unknown {
  if (typeof value === "string") return fillText(value, places);
  if (Array.isArray(value)) return value.map((item) => fill(item, places));
  // Matchers such as expect.any() are no plain objects.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fill(member, places)]));
}

function fillText(text: string, places: Places): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole);
}
