/** What the transport refuses before a handler runs: one function a reason, in words that say what to do. */
import { AppError, type FieldViolation, type Status } from "../errors.ts";
import type { ScimError } from "../protocols/scim/errors.ts";

/** An AppError with the HTTP status that it needs where the API's table would give another one. */
export class HttpRefusal extends AppError {
  readonly http: number;
  constructor(
    http: number,
    status: Status,
    message: string,
    headers: Record<string, string> = {},
    code: string = status,
  ) {
    super(code, status, message, { headers });
    this.http = http;
  }
}

export const MAX_BODY_BYTES = 1024 * 1024;

export const refusals = {
  // The exact message that SDKs and the published samples have.
  noToken: () => new AppError("UNAUTHENTICATED", "UNAUTHENTICATED", "Token empty"),
  notBearer: () =>
    new AppError("UNAUTHENTICATED", "UNAUTHENTICATED", 'The Authorization header must be "Bearer <token>"'),
  foreignPage: () =>
    new AppError(
      "PERMISSION_DENIED",
      "PERMISSION_DENIED",
      "A cookie counts only for requests of pages of this server: use a token instead",
    ),
  callerNotAllowed: (kind: string) =>
    new AppError(
      "PERMISSION_DENIED",
      "PERMISSION_DENIED",
      `A token of kind ${kind} may not call this method`,
    ),
  methodClosed: () =>
    new AppError("PERMISSION_DENIED", "PERMISSION_DENIED", "This method is closed to all callers"),
  permissionMissing: (missing: string) =>
    new AppError("PERMISSION_DENIED", "PERMISSION_DENIED", `The session lacks the permission ${missing}`),
  // 404, never 403: whether the organization exists is nobody else's business.
  otherOrganization: () => new AppError("NOT_FOUND", "NOT_FOUND", "Organization not found"),
  notBuilt: (method: string) =>
    new AppError("UNIMPLEMENTED", "UNIMPLEMENTED", `${method} is not available on this server`),
  noEnvironment: () =>
    new AppError(
      "ENVIRONMENT_NOT_FOUND",
      "NOT_FOUND",
      "No environment answers at this host name: check the URL against the environment's settings",
    ),
  rules: (violations: FieldViolation[]) =>
    new AppError("INVALID_ARGUMENT", "INVALID_ARGUMENT", violations.map(sentence).join("; "), { violations }),
  badRequest: (message: string) => new AppError("INVALID_ARGUMENT", "INVALID_ARGUMENT", message),
  messageTooLarge: () =>
    new AppError(
      "RESOURCE_EXHAUSTED",
      "RESOURCE_EXHAUSTED",
      `The message is larger than ${MAX_BODY_BYTES} bytes`,
    ),
  notOneMessage: () =>
    new AppError(
      "UNIMPLEMENTED",
      "UNIMPLEMENTED",
      "A call of this method has one message, neither none nor two",
    ),
  unknownEncoding: (encoding: string, known: string) =>
    new AppError(
      "UNIMPLEMENTED",
      "UNIMPLEMENTED",
      `The encoding "${encoding}" is not known here: grpc-encoding may be ${known}`,
    ),
  deadlinePassed: () =>
    new AppError("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "The deadline of the call passed"),
  cancelled: () => new AppError("ABORTED", "ABORTED", "The call was cancelled"),
  noRoute: () => new AppError("NOT_FOUND", "NOT_FOUND", "Nothing is served at this path"),
};

/** A path that exists, but not with this verb (RFC 9110 section 15.5.6). */
export function wrongVerb(allowed: readonly string[]): AppError {
  const allow = allowed.join(", ");
  return new HttpRefusal(405, "UNIMPLEMENTED", `This path answers to ${allow} only`, { allow });
}

/** A body of a type that the route does not read. */
export function wrongType(expected: string): AppError {
  return new HttpRefusal(
    415,
    "INVALID_ARGUMENT",
    `The body must be ${expected}: set the Content-Type header so`,
  );
}

const scimStatuses: Readonly<Record<number, Status>> = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  501: "UNIMPLEMENTED",
};

/** A refusal in SCIM's own words; its scimType, if it has one, is the code. */
export function scimRefusal({ status, detail, scimType }: ScimError): AppError {
  return new HttpRefusal(status, scimStatuses[status] ?? "INVALID_ARGUMENT", detail, {}, scimType);
}

/** A body over the route's limit. */
export function bodyTooLarge(limit: number): AppError {
  return new HttpRefusal(413, "INVALID_ARGUMENT", `The body is larger than ${limit} bytes`);
}

/** Turns what Fastify refuses by itself, before a route of ours sees it, into an error that can be read. */
export function fastifyRefusal(problem: unknown, bodyLimit: number = MAX_BODY_BYTES): unknown {
  switch ((problem as { code?: unknown } | null)?.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return bodyTooLarge(bodyLimit);
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return refusals.badRequest("The body is not as long as its Content-Length says");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return wrongType("of a known type");
    case "FST_ERR_BAD_URL":
      return refusals.badRequest("The path holds a broken percent-encoding");
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new HttpRefusal(414, "INVALID_ARGUMENT", "A part of the path is too long");
    default:
      return problem;
  }
}

function sentence({ field, description }: FieldViolation): string {
  return field === "" ? description : `${field}: ${description}`;
}
