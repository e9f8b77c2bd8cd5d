/** A member of the workspace in tests: signed in to the dashboard by a link, and calling the API with its cookie. */
import * as invitations from "../modules/members/invitations.ts";
import * as members from "../modules/members/members.ts";
import type { ApiAnswer, TestApp } from "./app.ts";

export interface SignedInMember {
  id: string;
  /** Calls the management API; `body` makes it a POST unless said otherwise. */
  api(path: string, init?: { method?: string; body?: unknown }): Promise<ApiAnswer>;
}

/** Makes an administrator of the workspace and signs them in. */
export async function signInMember(app: TestApp, email: string): Promise<SignedInMember> {
  const ctx = app.systemCtx();
  const member = await members.create(ctx, { email, role: "ADMIN" });
  const link = await invitations.invite(ctx, member);
  const opened = await fetch(link, { method: "POST", redirect: "manual" });
  const cookie = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  return {
    id: member.id,
    async api(path, { method, body } = {}) {
      const answer = await fetch(`${app.url}/api/v1${path}`, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: { cookie, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: await answer.json() };
    },
  };
}
