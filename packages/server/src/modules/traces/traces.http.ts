/** The page of a trace, for the one who met the error and for whom they send the link to. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { type Html, html, page } from "../../transport/page.ts";
import { adviceFor } from "./advice.ts";
import { type Problem, type StepName, stepTitles, type TraceKind, type TraceStep } from "./trace.ts";
import * as traces from "./traces.ts";

export const traceRoutes: HttpRoute[] = [
  {
    method: "GET",
    path: "/sso/v1/traces/:secret",
    errors: "page",
    limit: "signInPerAddress",
    handle: answerTrace,
  },
];

const attempts: Record<TraceKind, string> = {
  sign_in: "Sign-in",
  idp_initiated: "Sign-in started at the identity provider",
  test: "Test of the connection",
  logout: "Sign-out",
};

async function answerTrace(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const trace = await traces.ofLink(ctx, request.params.secret ?? "");
  const steps = trace.steps as unknown as TraceStep[];
  const problem = steps.find((step) => step.problem)?.problem;
  const attempt = attempts[trace.kind as TraceKind];
  const title = problem ? adviceFor(problem.code, problem.reason).title : `${attempt}: it worked`;
  return page({
    title,
    wide: true,
    body: html`<p class="attempt">${attempt} · reference <code>${trace.reference}</code></p>
<h1>${title}</h1>
${problem ? problemCard(problem) : html``}
${trace.kind === "test" ? testCard(steps, trace.connection_id) : html``}
<h2>Step by step</h2>
<ol class="steps">${steps.map((step, index) => stepItem(step, index, steps))}</ol>
${facts([
  ["Connection", trace.connection_id],
  ["Organization", trace.organization_id ?? ""],
  ["Began", minute(steps[0]?.time ?? trace.created_at.toISOString())],
])}
<p class="note">This page is kept until ${trace.expires_at.toISOString().slice(0, 10)}. Whoever has its address can read it: send it to those who look after the connection.</p>`,
  });
}

function problemCard(problem: Problem): Html {
  return html`<section class="problem" aria-label="What to do">
<p class="fix">${problem.fix}</p>
${facts([
  ["Arrived", problem.observed],
  ["Expected", problem.expected],
  ["Code", problem.reason === "" ? problem.code : `${problem.code} (${problem.reason})`],
])}
</section>`;
}

/** What the tester came for: who arrived with what, and what is still in the way. */
function testCard(steps: readonly TraceStep[], connectionId: string): Html {
  const detail = (step: StepName, name: string) =>
    steps.find((each) => each.name === step)?.details[name] ?? "";
  const attributes = detail("profile_read", "attributes").split("; ").filter(Boolean);
  const card = html`<section class="problem" aria-label="What arrived">
${facts([
  ["Signed in", detail("profile_read", "email")],
  ...attributes.map((each): [string, string] => splitOnce(each)),
  ["Missing", detail("profile_read", "missing")],
  ["Left out, since not declared", detail("profile_read", "left_out")],
  ["Still to do", detail("test_passed", "still_to_do")],
])}
</section>`;
  return html`${attributes.length > 0 ? card : html``}
<p class="more"><a href="/sso/v1/connections/${connectionId}/test">Run the test again</a></p>`;
}

function splitOnce(attribute: string): [string, string] {
  const at = attribute.indexOf(" = ");
  return at === -1 ? [attribute, ""] : [attribute.slice(0, at), attribute.slice(at + 3)];
}

function stepItem(step: TraceStep, index: number, all: readonly TraceStep[]): Html {
  const elapsed = Date.parse(step.time) - Date.parse(all[0]?.time ?? step.time);
  const details = Object.entries(step.details).map(([name, value]): [string, string] => [words(name), value]);
  return html`<li class="${step.ok ? "ok" : "failed"}"><strong>${stepTitles[step.name]}</strong>${
    index === 0 ? html`` : html` <span class="time">after ${(elapsed / 1000).toFixed(1)} s</span>`
  }
${step.problem ? html`<p>${step.problem.message}</p>` : html``}
${facts(details)}</li>`;
}

function facts(rows: readonly (readonly [string, string])[]): Html {
  const filled = rows.filter(([, value]) => value !== "");
  if (filled.length === 0) return html``;
  return html`<dl>${filled.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** `in_response_to` → "In response to". */
function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function minute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
