/** The page of a play of the simulated SCIM client: it grows while requests are sent, and ends with what they did. */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { OutboundError } from "../../lib/outbound-error.ts";
import type { Json, JsonObject } from "../../protocols/scim/json.ts";
import { type PlayedStep, playStory, type Story } from "../../protocols/scim/stories.ts";
import { type Html, html } from "../../transport/page.ts";
import { stylesheets } from "./pages.http.ts";
import { type Aftermath, type Listed, lookAround, mostEvents, type ToldEvent } from "./scim-aftermath.ts";
import type { ScimChoice } from "./scim-choice.ts";
import { askerOf, type Send, type Shown, senderTo } from "./scim-client.ts";
import { providerNames, scimPath, scimTitle } from "./scim-pages.http.ts";
import { tell } from "./scim-people.ts";
import { firstSync, type SyncProgress, type SyncSize } from "./scim-sync.ts";
import type { Target } from "./scim-target.ts";

/** How many answers were as expected, and how many were not. */
interface Score {
  expected: number;
  unexpected: number;
}

/** Plays what was chosen, part by part. */
export async function* playedParts(ctx: Ctx, target: Target, choice: ScimChoice): AsyncGenerator<Html> {
  const send = senderTo(ctx, target);
  const since = ctx.now();
  yield opening(target);
  try {
    yield* parts(ctx, { target, send, choice });
    const now = await lookAround(ctx, target, send, since);
    // Of a sync there are two events for everybody.
    yield aftermath(choice.kind === "sync" ? { ...now, events: undefined } : now);
  } catch (error) {
    yield failure(ctx, error);
  }
  yield html`<p class="more"><a href="${backTo(target)}">Play something else</a></p>
</div>`;
}

function opening({ base, own }: Target): Html {
  const whose = own
    ? html`its own directory <code>${own.directoryId}</code> in the Test Organization`
    : html`<code>${base}</code>`;
  return html`${stylesheets.chooser.link}${stylesheets.scim.link}
<div class="simulator provisioning">
<header>
<p class="tag">Development only · SCIM</p>
<h1>${scimTitle}</h1>
<p>It speaks to ${whose}.</p>
</header>
`;
}

interface Play {
  target: Target;
  send: Send;
  choice: ScimChoice;
}

async function* parts(ctx: Ctx, { target, send, choice }: Play): AsyncGenerator<Html> {
  const run = newRun();
  const domain = target.domains[0] ?? "example.com";
  if (choice.kind === "sync") {
    const input = { run, domain, size: choice.size, now: ctx.now };
    return yield* syncParts(choice.size, firstSync(send, input));
  }
  const score = { expected: 0, unexpected: 0 };
  if (choice.kind === "happening") {
    const asked = tell(askerOf(send, target.base), choice.happening, choice.person);
    yield html`<section><h2>${choice.person.firstName} ${choice.person.lastName}</h2>`;
    yield* exchanges(asked, score);
    yield html`</section>`;
  } else {
    for (const story of choice.stories) {
      yield storyOpening(story);
      yield* exchanges(playStory(story, { run, base: target.base, domain }, send), score);
      yield html`</section>`;
    }
  }
  yield verdict(score);
}

/** A word that makes the names of one play unique. */
function newRun(): string {
  return Number(newId("evt").slice(-9)).toString(36);
}

function storyOpening({ provider, title, source: { name, url, quirk } }: Story): Html {
  const link = url === undefined ? html`${name}` : html`<a href="${url}" rel="noreferrer">${name}</a>`;
  return html`<section>
<h2>${providerNames[provider]}: ${title}</h2>
<p class="quirk">${quirk} <span class="source">Source: ${link}</span></p>`;
}

async function* exchanges(played: AsyncIterable<Shown>, score: Score): AsyncGenerator<Html> {
  yield html`<ol class="exchanges">`;
  for await (const shown of played) {
    if ("note" in shown) yield html`<li class="remark">${shown.note}</li>`;
    else {
      if (shown.problem === undefined) score.expected += 1;
      else score.unexpected += 1;
      yield exchange(shown);
    }
  }
  yield html`</ol>`;
}

function exchange({ step, request, answer, problem }: PlayedStep): Html {
  const isGood = problem === undefined;
  const expected = step.expect.status.join(" or ");
  return html`
<li class="${isGood ? "good" : "bad"}"><details${isGood ? html`` : html` open`}>
<summary><span class="title">${step.title}</span> <span class="line"><span class="verb">${request.method}</span> <code>${readable(request.path)}</code></span> <span class="status">${answer.status}</span></summary>
<p class="judgement">${isGood ? `As expected (${expected})` : `Not as expected: ${problem}`}</p>
${request.body === undefined ? html`` : html`<h3>Request</h3>${document(request.body)}`}
<h3>Answer</h3>${answer.body === undefined ? html`<p class="none">No body</p>` : document(answer.body)}
</details></li>`;
}

/** As it was meant, before it was encoded. */
function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const longestShown = 20_000;

function document(body: Json): Html {
  const text = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}\n…` : text;
  return html`<pre tabindex="0">${shown}</pre>`;
}

function verdict({ expected, unexpected }: Score): Html {
  const all = expected + unexpected;
  if (all === 0) return html``;
  return unexpected === 0
    ? html`<p class="verdict good" role="status">${all === 1 ? "The answer was" : `All ${all} answers were`} as expected.</p>`
    : html`<p class="verdict bad" role="status">${unexpected} of ${all} answers ${unexpected === 1 ? "was" : "were"} not as expected.</p>`;
}

async function* syncParts(
  { users, groups }: SyncSize,
  progress: AsyncIterable<SyncProgress>,
): AsyncGenerator<Html> {
  yield html`<section><h2>${written(users)} users and ${written(groups)} groups</h2>
<div class="advance">`;
  let last: SyncProgress | undefined;
  for await (last of progress) yield advance(last);
  yield html`</div>${last ? figures(last) : html``}</section>`;
}

/** Each one stands in for those before it, which the stylesheet hides. */
function advance({ done, of, seconds }: SyncProgress): Html {
  return html`
<p><progress max="${of}" value="${done}"></progress> <span>${written(done)} of ${written(of)} requests, ${seconds.toFixed(1)} s</span></p>`;
}

function figures({ done, of, failures, seconds, examples }: SyncProgress): Html {
  const isGood = failures === 0 && done === of;
  const rate = seconds > 0 ? Math.round(done / seconds) : done;
  return html`
<dl class="figures">
<div><dt>Seconds</dt><dd>${seconds.toFixed(1)}</dd></div>
<div><dt>Requests a second</dt><dd>${written(rate)}</dd></div>
<div><dt>Failures</dt><dd>${written(failures)}</dd></div>
</dl>
<p class="verdict ${isGood ? "good" : "bad"}" role="status">${isGood ? `All ${written(done)} requests succeeded.` : `${written(failures)} requests failed, ${written(of - done)} were not sent.`}</p>
${examples.map((example) => html`<p class="help">${example}</p>`)}`;
}

function aftermath({ users, groups, events }: Aftermath): Html {
  const groupCells = ({ displayName }: JsonObject) => [html`${textOf(displayName)}`];
  return html`${
    users && groups
      ? html`<section><h2>The directory now</h2>
${table("users", users, ["User", "State", "Groups"], userCells)}
${table("groups", groups, ["Group"], groupCells)}
</section>`
      : html``
  }
${events === undefined ? html`` : eventList(events)}`;
}

function table(
  kind: string,
  { total, items }: Listed,
  heads: readonly string[],
  cellsOf: (item: JsonObject) => Html[],
): Html {
  if (total === 0) return html`<p class="none">No ${kind}.</p>`;
  const more = total > items.length ? `${written(total)} ${kind}, the newest:` : `${written(total)} ${kind}:`;
  return html`<p class="amount">${total === 1 ? `1 ${kind.slice(0, -1)}:` : more}</p>
<table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${items.map((item) => html`<tr>${cellsOf(item).map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`;
}

function userCells({ userName, active, groups }: JsonObject): Html[] {
  const names = (Array.isArray(groups) ? groups : []).map((group) => textOf((group as JsonObject).display));
  const state = active === false ? html`<span class="off">inactive</span>` : html`active`;
  return [html`${textOf(userName)}`, state, html`${names.join(", ")}`];
}

function eventList(events: readonly ToldEvent[]): Html {
  const rows = events.map(({ type, about }) => html`<li><code>${type}</code> ${about}</li>`);
  const isAll = rows.length < mostEvents;
  return html`<section><h2>What was announced${isAll ? html`` : `, the last ${mostEvents}`}</h2>
${rows.length === 0 ? html`<p class="none">Nothing changed, so nothing was.</p>` : html`<ul class="announced">${rows}</ul>`}
</section>`;
}

/** The address may be refused or silent: that is what a developer wants to read. Anything else is ours to log. */
function failure(ctx: Ctx, error: unknown): Html {
  if (!(error instanceof OutboundError)) ctx.log.error({ err: error }, "the simulated SCIM client failed");
  const words =
    error instanceof OutboundError ? error.message : "The simulator failed: see the server's log.";
  return html`<p class="verdict bad" role="status">${words}</p>`;
}

function backTo({ base, domains, own }: Target): string {
  const query = new URLSearchParams({ endpoint: base, domain: domains[0] ?? "" });
  return own ? scimPath : `${scimPath}?${query}`;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function written(value: number): string {
  return value.toLocaleString("en-US");
}
