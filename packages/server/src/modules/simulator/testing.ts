/** For the tests of the simulator: an environment of its own with the test organization, and its routes as calls. */
import type { App, Caller, Ctx } from "../../context.ts";
import type { Db } from "../../db/db.ts";
import { newId } from "../../lib/ids.ts";
import { ctxBuilder } from "../../transport/ctx.ts";
import type { HttpReply } from "../../transport/http.ts";
import { stubApp } from "../../transport/testing.ts";
import { createEmit } from "../events/events.ts";
import { simulatorRoutes } from "./simulator.http.ts";
import { ensure, type TestOrganization } from "./simulator.ts";

export interface TestSimulator extends TestOrganization {
  publicUrl: string;
  app: App;
  /** The context of a browser: nobody. */
  ctx: Ctx;
  /** The context that the test organization was made with. */
  trusted: Ctx;
  /** The time that everything happens at; tests move it. */
  clock: { now: Date };
  get(path: string, headers?: Record<string, string>): Promise<HttpReply>;
  post(
    path: string,
    form: URLSearchParams | Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<HttpReply>;
}

const workspace: Caller = { kind: "WORKSPACE", memberId: "mem_1" };

/** Makes an environment and sets the simulator up in it. */
export async function startSimulator(db: Db): Promise<TestSimulator> {
  const clock = { now: new Date("2026-03-01T12:00:00Z") };
  const app: App = { ...stubApp(), db, loadDb: db, now: () => clock.now };
  const createCtx = ctxBuilder(app, createEmit([]));
  const id = newId("env");
  const publicUrl = `http://${id.replace("_", "-")}.localhost:8080`;
  await db
    .insertInto("environments")
    .values({
      id,
      name: id,
      type: "DEV",
      authentication_mode: "FULL_STACK_AUTH",
      public_url: publicUrl,
      created_at: clock.now,
      updated_at: clock.now,
    })
    .execute();
  const request = { id: "test", ip: "127.0.0.1", userAgent: "test" };
  const ctx = createCtx(request, id);
  const trusted = createCtx(request, id, workspace);
  const organization = await ensure(trusted);
  return {
    ...organization,
    publicUrl,
    app,
    ctx,
    trusted,
    clock,
    get: (path, headers = {}) => call(ctx, "GET", path, new URLSearchParams(), headers),
    post: (path, form, headers = {}) => call(ctx, "POST", path, new URLSearchParams(form), headers),
  };
}

/** The hidden fields of a page's first form, by name. */
export function carriedFields(reply: HttpReply): Record<string, string> {
  const form = /<form [^>]*>(.*?)<\/form>/s.exec(String(reply.body))?.[1] ?? "";
  const inputs = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  return Object.fromEntries([...inputs].map(([, name = "", value = ""]) => [name, unescapeHtml(value)]));
}

function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

async function call(
  ctx: Ctx,
  method: string,
  target: string,
  form: URLSearchParams,
  headers: Record<string, string>,
): Promise<HttpReply> {
  const url = new URL(target, "http://any.test");
  const route = simulatorRoutes.find((entry) => entry.method === method && entry.path === url.pathname);
  if (!route) throw new Error(`no route ${method} ${url.pathname}`);
  const { pathname: path, searchParams: query } = url;
  return route.handle(ctx, {
    method,
    path,
    params: {},
    query,
    rawQuery: query.toString(),
    form,
    headers,
    cookies: {},
  });
}
