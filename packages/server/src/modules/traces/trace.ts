/**
 * The telling of one attempt to sign in, while it goes on: steps with what was seen in them. Nothing here is kept
 * before `traces.ts` writes it down.
 */
import { AppError } from "../../errors.ts";
import { adviceFor } from "./advice.ts";

export type TraceKind = "sign_in" | "idp_initiated" | "test" | "logout";
export type TraceOutcome = "success" | "failure" | "abandoned";

/** The names of steps, which are stable, with what people read. */
export const stepTitles = {
  request_sent: "We sent the user to the identity provider",
  response_received: "An answer arrived, and this is what it says of itself",
  response_verified: "We checked the answer: it is genuine, meant for us, and in time",
  tokens_received: "We exchanged the code and checked the ID token",
  profile_read: "We read who it is",
  user_admitted: "The user was let in",
  sent_on: "We sent the user on to their organization's identity provider",
  test_passed: "The connection works",
  app_answered: "We sent the user back to the app",
  app_started: "We sent the user to the app, which asks for a sign-in of its own",
  logout_received: "The identity provider asked us to sign the user out",
  logout_sent: "We asked the identity provider to sign the user out",
  sessions_ended: "We ended the user's sessions",
  failed: "The attempt ended here",
} as const;

export type StepName = keyof typeof stepTitles;

/** What went wrong, in the words of the one who has to mend it. */
export interface Problem {
  code: string;
  reason: string;
  message: string;
  observed: string;
  expected: string;
  fix: string;
}

export interface TraceStep {
  name: StepName;
  ok: boolean;
  /** ISO 8601. */
  time: string;
  details: Record<string, string>;
  problem?: Problem;
}

export interface Trace {
  kind: TraceKind;
  organizationId: string | null;
  connectionId: string;
  clientId: string;
  /** "" where no app asked for a sign-in. */
  authRequestId: string;
  /** What the identity provider asserted, else what the user typed; "" for neither. */
  email: string;
  /** Of the connection: keeps whole messages and values, too. */
  debug: boolean;
  steps: TraceStep[];
}

/** A telling that begins. */
export function beginTrace(
  kind: TraceKind,
  of: { id: string; organization_id: string | null; debug_enabled: boolean } | undefined,
  about: { clientId?: string; email?: string; authRequestId?: string } = {},
): Trace {
  return {
    kind,
    organizationId: of?.organization_id ?? null,
    connectionId: of?.id ?? "",
    clientId: about.clientId ?? "",
    authRequestId: about.authRequestId ?? "",
    // Anybody may write a hint: nothing in it may move the cursor of a terminal.
    email: about.email?.includes("@") ? about.email.replace(/\p{Cc}/gu, "") : "",
    debug: of?.debug_enabled ?? false,
    steps: [],
  };
}

/** No one attempt may fill the table: what arrives from outside is cut. */
const longestDetail = 1_000;
const longestDebugDetail = 64 * 1024;

/**
 * Adds a step that went well.
 * @param seen what anybody who may read the trace may see
 * @param whenDebug messages and values, kept only while the connection's `debug_enabled` is on
 */
export function note(
  trace: Trace,
  name: StepName,
  at: Date,
  seen: Record<string, string | undefined> = {},
  whenDebug: Record<string, string | undefined> = {},
): void {
  trace.steps.push({
    name,
    ok: true,
    time: at.toISOString(),
    details: {
      ...shortened(seen, longestDetail),
      ...(trace.debug && shortened(whenDebug, longestDebugDetail)),
    },
  });
}

/** Adds the step that ends an attempt: the error with what was seen, what was expected and what to do. */
export function noteFailure(trace: Trace, thrown: unknown, at: Date): Problem {
  const problem = problemOf(thrown);
  trace.steps.push({ name: "failed", ok: false, time: at.toISOString(), details: {}, problem });
  return problem;
}

function problemOf(thrown: unknown): Problem {
  const error = thrown instanceof AppError && thrown.status !== "INTERNAL" ? thrown : undefined;
  const code = error?.code ?? "server_error";
  const { reason = "", observed = "", expected = "" } = error?.evidence ?? {};
  const message = error?.message ?? "Something failed on the side of the server; its log says what";
  const { fix } = error ? adviceFor(code, reason) : adviceFor("INTERNAL");
  return { code, reason, message, observed, expected, fix };
}

function shortened(details: Record<string, string | undefined>, limit: number): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(details)) {
    if (value === undefined || value === "") continue;
    kept[name] = value.length > limit ? `${value.slice(0, limit)}…` : value;
  }
  return kept;
}
