/**
 * The one error of Gatehouse: what the caller reads, a stable code, and the cause for the log.
 * Each module declares its codes in its own `errors.ts` with `defineErrors`; `transport/render.ts` is the
 * only place where an error becomes a gRPC status, a REST body, an OAuth answer or a page.
 */

/** The status of an error, by its gRPC name; `transport/render.ts` gives the numbers. */
export type Status =
  | "INVALID_ARGUMENT"
  | "FAILED_PRECONDITION"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "ABORTED"
  | "RESOURCE_EXHAUSTED"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "INTERNAL";

/** One broken rule of a request: the field's path in the message, the rule's id, what is wrong. */
export interface FieldViolation {
  field: string;
  constraint: string;
  description: string;
}

/** What a refused message held, for the trace; the message of the error says the same in words. */
export interface Evidence {
  /** Finer than the code, such as `audience_mismatch`. */
  reason?: string | undefined;
  observed?: string | undefined;
  expected?: string | undefined;
}

/** Where the one who meets an error can read more: the reference to read out, and the page that explains it. */
export interface Help {
  reference: string;
  url: string;
}

/** An error that a caller may read. Everything else that is thrown leaves as INTERNAL. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: string;
  readonly status: Status;
  readonly violations: readonly FieldViolation[];
  /** HTTP headers that belong to the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly evidence: Evidence | undefined;
  readonly help: Help | undefined;

  constructor(code: string, status: Status, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.violations = options.violations ?? [];
    this.headers = options.headers ?? {};
    this.evidence = options.evidence;
    this.help = options.help;
  }

  /** The same error with the reason for the log attached; the caller never reads it. */
  because(cause: unknown): AppError {
    return this.with({ cause });
  }

  /** The same error with more known of it. */
  with(more: AppErrorOptions): AppError {
    const { cause, violations, headers, evidence, help } = this;
    return new AppError(this.code, this.status, this.message, {
      cause,
      violations,
      headers,
      evidence,
      help,
      ...more,
    });
  }
}

interface AppErrorOptions {
  cause?: unknown;
  violations?: readonly FieldViolation[];
  headers?: Readonly<Record<string, string>>;
  evidence?: Evidence | undefined;
  help?: Help | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the parameters of each message are inferred from the table.
type Entry = readonly [Status, string | ((...params: any[]) => string)];
type Throwable<E extends Entry> = E[1] extends (...params: infer P) => string
  ? (...params: P) => AppError
  : () => AppError;

/**
 * Declares a table of errors: `CODE: [status, message]`, where the message may be a function of what was seen.
 * @returns one function a code, which makes the error: `throw errors.ORGANIZATION_NOT_FOUND(id)`.
 */
export function defineErrors<const T extends Record<string, Entry>>(
  table: T,
): { [Code in keyof T]: Throwable<T[Code]> } {
  const makers = Object.entries(table).map(([code, [status, message]]) => [
    code,
    (...params: unknown[]) =>
      new AppError(code, status, typeof message === "function" ? message(...params) : message),
  ]);
  return Object.fromEntries(makers);
}

/** Refuses a text for which the contract has no limit. @param most characters. @throws INVALID_ARGUMENT */
export function requireAtMost(field: string, value: string | undefined, most: number): void {
  // UTF-16 units are at least as many as characters, so most values need no counting.
  if (value === undefined || value.length <= most || [...value].length <= most) return;
  throw invalidArgument(field, "string.max_len", `value length must be at most ${most} characters`);
}

/** A request that breaks a rule of one field, in the shape of the contract's validation errors. */
export function invalidArgument(field: string, constraint: string, description: string): AppError {
  return new AppError("INVALID_ARGUMENT", "INVALID_ARGUMENT", `${field}: ${description}`, {
    violations: [{ field, constraint, description }],
  });
}
