/** How a step of a sign-in leaves: a redirect, or a page whose form posts itself on. */
import { type HttpReply, redirect } from "./http.ts";
import { submitPage } from "./page.ts";

type Where = { to: "url"; url: string } | { to: "form"; action: string; fields: Record<string, string> };

/** @param cookies the `Set-Cookie` values that go along */
export function stepReply(step: Where, cookies: string[]): HttpReply {
  if (step.to === "url") return redirect(step.url, 302, cookies);
  return submitPage({
    title: "Signing you in",
    message: "Your browser goes on by itself. If it does not, press the button.",
    action: step.action,
    fields: step.fields,
    ...(cookies.length > 0 && { headers: { "set-cookie": cookies } }),
  });
}
