/**
 * The sending of deliveries, in every process: claims what is due, makes the attempts side by side, and writes down how
 * they ended. First attempts at one endpoint begin in the order of their events; a retry that waits holds nothing up. A
 * claim runs out a while after an attempt can last, so what a killed process held is sent by another one, or by its
 * successor: at least once.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { App, Ctx } from "../../context.ts";
import { attempt, type Outcome } from "./attempt.ts";
import { disable, noteFailing } from "./endpoints.ts";
import { stepReplays } from "./replays.ts";
import { longestFailureMs, pauseBefore, retryAfter } from "./schedule.ts";
import type { Claimed, Result } from "./sending.store.ts";
import * as store from "./sending.store.ts";
import { onWake } from "./wake.ts";

export interface SendingOptions {
  /** How often to look for what nobody told of: retries, and what other processes left. Default 1,000. */
  lookEveryMs?: number;
  /** How long `stop` waits for attempts in progress before it breaks them off. Default 4,000. */
  stopWithinMs?: number;
}

/** At once, from this process, to one endpoint: a slow one must not hold up others. */
const mostAtOneEndpoint = 32;
/** Not yet written down, to all endpoints: so many may be sent twice when the process is killed. */
const mostAtOnce = 256;
/** Of these, for endpoints to which nothing is under way: the many that answer late, or never, must not take all. */
const keptForOthers = 64;
/**
 * How long to gather before the next claim, and before the next note of what ended. Measured: each in a statement of its
 * own costs four times as much as 32 by one.
 */
const gatherDueMs = 10;
const gatherEndedMs = 20;
/** Beyond the time of an attempt: to write down how it ended. */
const claimMarginMs = 5_000;

/** Starts to send. @returns how to stop: what is in progress ends first, or is given back */
export function startSending(
  app: App,
  ctxOf: (environmentId: string) => Ctx,
  options: SendingOptions = {},
): () => Promise<void> {
  const sender = new Sender(app, ctxOf);
  const timer = setInterval(() => void sender.look(), options.lookEveryMs ?? 1_000);
  const deaf = onWake(app, (endpointIds) => sender.wake(endpointIds));
  void sender.look();
  return async () => {
    clearInterval(timer);
    deaf();
    await sender.stop(options.stopWithinMs ?? 4_000);
  };
}

/** How many attempts one endpoint may have under way when this process can make `left` more. */
function shareOf(left: number): number {
  const share = Math.ceil((left - keptForOthers) / 4);
  return Math.max(1, Math.min(mostAtOneEndpoint, share));
}

class Sender {
  readonly #app: App;
  readonly #ctxOf: (environmentId: string) => Ctx;
  /** Endpoints for which something may be due. */
  readonly #due = new Set<string>();
  readonly #atEndpoint = new Map<string, number>();
  readonly #inProgress = new Map<Claimed, Promise<void>>();
  readonly #ended: { claimed: Claimed; outcome: Outcome }[] = [];
  readonly #broken: Claimed[] = [];
  /** How many have ended and are not yet written down. */
  #unsettled = 0;
  readonly #abort = new AbortController();
  #claiming: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(app: App, ctxOf: (environmentId: string) => Ctx) {
    this.#app = app;
    this.#ctxOf = ctxOf;
  }

  wake(endpointIds: readonly string[]): void {
    for (const id of endpointIds) this.#due.add(id);
    this.#claim();
  }

  /** Looks for what is due, and takes replays a page further. One look at a time. */
  look(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#looking ??= this.#tryTo("look for due deliveries", async () => {
      await stepReplays(this.#app);
      this.wake(await store.listDue(this.#app.db, this.#app.now()));
    }).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async stop(withinMs: number): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#looking, this.#claiming]);
    const timer = setTimeout(() => this.#abort.abort(), withinMs);
    await Promise.all(this.#inProgress.values());
    clearTimeout(timer);
    while (this.#settling) await this.#settling;
    if (this.#broken.length > 0)
      await this.#tryTo("give back deliveries", () =>
        store.release(this.#app.db, this.#broken, this.#app.now()),
      );
  }

  #claim(): void {
    if (this.#claiming || this.#stopped) return;
    this.#claiming = this.#tryTo("claim deliveries", () => this.#claimAll()).finally(() => {
      this.#claiming = undefined;
      // Woken in the moment between the last round and this one.
      if (this.#rooms().size > 0) this.#claim();
    });
  }

  async #claimAll(): Promise<void> {
    for (;;) {
      await pause(gatherDueMs);
      const rooms = this.#rooms();
      if (rooms.size === 0 || this.#stopped) return;
      const now = this.#app.now();
      const lastsMs = this.#app.config.webhookTimeoutSeconds * 1000 + claimMarginMs;
      // Before the query: who wakes us while it runs may have written what it does not see.
      for (const id of rooms.keys()) this.#due.delete(id);
      const claims = await store.claim(this.#app.db, {
        endpointIds: [...rooms.keys()],
        rooms: [...rooms.values()],
        now,
        until: new Date(now.getTime() + lastsMs),
      });
      const taken = Map.groupBy(claims, (claimed) => claimed.endpoint_id);
      for (const [id, room] of rooms) if (taken.get(id)?.length === room) this.#due.add(id);
      for (const claimed of claims) this.#begin(claimed);
    }
  }

  /** How many more attempts each endpoint may have that something may be due for. */
  #rooms(): Map<string, number> {
    const rooms = new Map<string, number>();
    let left = mostAtOnce - this.#inProgress.size - this.#unsettled;
    for (const id of this.#due) {
      const room = Math.min(left, shareOf(left) - (this.#atEndpoint.get(id) ?? 0));
      if (room > 0) rooms.set(id, room);
      left -= Math.max(0, room);
    }
    return rooms;
  }

  #begin(claimed: Claimed): void {
    this.#count(claimed, 1);
    const made = attempt(this.#app, claimed, this.#abort.signal).then((outcome) => {
      this.#inProgress.delete(claimed);
      this.#count(claimed, -1);
      if (outcome) this.#settle(claimed, outcome);
      else this.#broken.push(claimed);
      if (this.#due.size > 0) this.#claim();
    });
    this.#inProgress.set(claimed, made);
  }

  #count({ endpoint_id: id }: Claimed, change: 1 | -1): void {
    const count = (this.#atEndpoint.get(id) ?? 0) + change;
    if (count === 0) this.#atEndpoint.delete(id);
    else this.#atEndpoint.set(id, count);
  }

  #settle(claimed: Claimed, outcome: Outcome): void {
    this.#ended.push({ claimed, outcome });
    this.#unsettled += 1;
    this.#settling ??= this.#settleAll();
  }

  /** Whatever ends while a statement runs goes into the next one. */
  async #settleAll(): Promise<void> {
    while (this.#ended.length > 0) {
      await pause(gatherEndedMs);
      const ended = this.#ended.splice(0);
      // Before the deliveries: who sees one that failed for good sees its endpoint switched off, too.
      for (const { claimed, outcome } of ended)
        await this.#tryTo("judge an endpoint", () => judgeEndpoint(this.#ctxOf, claimed, outcome));
      const results = ended.map(({ claimed, outcome }) => resultOf(claimed, outcome));
      await this.#tryTo("write down deliveries", () => store.settle(this.#app.db, results));
      this.#unsettled -= ended.length;
      if (this.#due.size > 0) this.#claim();
    }
    this.#settling = undefined;
  }

  /** The database may be away for a while: what was claimed comes back when the claim runs out. */
  async #tryTo(what: string, work: () => Promise<void>): Promise<void> {
    await work().catch((err: unknown) => this.#app.log.warn({ err }, `webhooks: could not ${what}`));
  }
}

const gone = 410;

function resultOf(claimed: Claimed, outcome: Outcome): Result {
  return {
    id: claimed.id,
    environment_id: claimed.environment_id,
    number: claimed.attempts,
    claimed_until: claimed.due_at,
    ...nextOf(claimed, outcome),
    started_at: outcome.startedAt,
    duration_ms: outcome.durationMs,
    request_headers: outcome.requestHeaders,
    response_status: outcome.responseStatus,
    response_headers: outcome.responseHeaders,
    response_body: outcome.responseBody,
    error: outcome.error,
  };
}

function nextOf(claimed: Claimed, outcome: Outcome): Pick<Result, "status" | "due_at" | "tries_left"> {
  const triesLeft = Math.max(0, claimed.tries_left - 1);
  if (outcome.error === "") return { status: "success", due_at: null, tries_left: 0 };
  const failedAt = outcome.startedAt.getTime() + outcome.durationMs;
  const askedFor = retryAfter(outcome.responseHeaders?.["retry-after"], new Date(failedAt));
  const pause = outcome.responseStatus === gone ? undefined : pauseBefore(triesLeft, askedFor);
  // An event that is no longer kept will not come back.
  if (pause === undefined || claimed.occurred_at === null)
    return { status: "failed", due_at: null, tries_left: 0 };
  return { status: "retrying", due_at: new Date(failedAt + pause), tries_left: triesLeft };
}

/** What an attempt says of its endpoint: most say what is known, and write nothing. */
async function judgeEndpoint(
  ctxOf: (environmentId: string) => Ctx,
  { environment_id, endpoint_id: id, failing_since: since, is_test }: Claimed,
  { error, responseStatus, startedAt }: Outcome,
): Promise<void> {
  const ctx = ctxOf(environment_id);
  const seen = { at: startedAt, failingSince: since };
  if (error === "") {
    if (since !== null) await noteFailing(ctx, id, null);
  } else if (responseStatus === gone) await disable(ctx, id, "gone", seen);
  // Nobody should lose an endpoint for having tried it out before it was ready.
  else if (is_test) return;
  else if (since === null) await noteFailing(ctx, id, startedAt);
  else if (startedAt.getTime() - since.getTime() >= longestFailureMs) await disable(ctx, id, "failing", seen);
}
