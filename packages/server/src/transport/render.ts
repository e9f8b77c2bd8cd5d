/** The only place where an error becomes an answer: an RPC status, a REST body, OAuth JSON or a page. */
import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@gatehouse/contract/scalekit/v1/errdetails/errdetails_pb";
import type { Logger } from "pino";
import { AppError, type Status } from "../errors.ts";
import { errorDescription } from "../protocols/oauth/error-description.ts";
import { ScimError, type ScimType } from "../protocols/scim/errors.ts";
import { type ErrorStyle, type HttpReply, json } from "./http.ts";
import { errorPage } from "./page.ts";
import { HttpRefusal, scimRefusal } from "./refusals.ts";

/** The numbers of each status: gRPC's, and the HTTP status that the API's error table gives it. */
const statuses: Readonly<Record<Status, { grpc: Code; http: number }>> = {
  INVALID_ARGUMENT: { grpc: Code.InvalidArgument, http: 400 },
  FAILED_PRECONDITION: { grpc: Code.FailedPrecondition, http: 400 },
  UNAUTHENTICATED: { grpc: Code.Unauthenticated, http: 401 },
  PERMISSION_DENIED: { grpc: Code.PermissionDenied, http: 403 },
  NOT_FOUND: { grpc: Code.NotFound, http: 404 },
  ALREADY_EXISTS: { grpc: Code.AlreadyExists, http: 409 },
  ABORTED: { grpc: Code.Aborted, http: 409 },
  RESOURCE_EXHAUSTED: { grpc: Code.ResourceExhausted, http: 429 },
  UNIMPLEMENTED: { grpc: Code.Unimplemented, http: 501 },
  UNAVAILABLE: { grpc: Code.Unavailable, http: 503 },
  DEADLINE_EXCEEDED: { grpc: Code.DeadlineExceeded, http: 504 },
  INTERNAL: { grpc: Code.Internal, http: 500 },
};

/**
 * Makes anything thrown an error that a caller may read. What is not an AppError is logged with its cause and leaves
 * as INTERNAL, without a word of it.
 * @param where the route's pattern, for the log
 */
export function settle(thrown: unknown, log: Logger, requestId: string, where: string): AppError {
  if (thrown instanceof AppError) {
    const level = thrown.status === "INTERNAL" ? "error" : "info";
    if (thrown.cause !== undefined || level === "error") {
      log[level]({ err: thrown.cause ?? thrown, code: thrown.code, requestId, where }, thrown.message);
    }
    return thrown;
  }
  if (thrown instanceof ScimError) return scimRefusal(thrown);
  log.error({ err: thrown, requestId, where }, "A request failed for a reason that no rule names");
  return new AppError("INTERNAL", "INTERNAL", `Something failed on our side (request ${requestId})`);
}

/** The error for gRPC, gRPC-Web and Connect; always with details, since clients read them without asking. */
export function rpcError(error: AppError, requestId: string): ConnectError {
  const details = [{ desc: ErrorInfoSchema, value: errorInfo(error, requestId) }];
  return new ConnectError(error.message, statuses[error.status].grpc, error.headers, details, error.cause);
}

/** The error as the API's REST body: the gRPC number, the message and one ErrorInfo. */
export function restError(error: AppError, requestId: string): HttpReply {
  const info = toJson(ErrorInfoSchema, create(ErrorInfoSchema, errorInfo(error, requestId)), {
    useProtoFieldName: true,
  }) as object;
  const body = {
    code: statuses[error.status].grpc,
    message: error.message,
    details: [{ "@type": `type.googleapis.com/${ErrorInfoSchema.typeName}`, ...info }],
  };
  return json(body, httpStatus(error), { "cache-control": "no-store", ...error.headers });
}

function httpStatus(error: AppError): number {
  return error instanceof HttpRefusal ? error.http : statuses[error.status].http;
}

function errorInfo(error: AppError, requestId: string): MessageInitShape<typeof ErrorInfoSchema> {
  return {
    errorCode: error.code,
    requestInfo: { requestId },
    ...(error.violations.length > 0 && { validationErrorInfo: { fieldViolations: [...error.violations] } }),
  };
}

/** OAuth errors whose status is not 400, with the challenge that RFC 6749 section 5.2 and RFC 6750 section 3 ask for. */
const oauthChallenges: Readonly<Record<string, { status: number; challenge: string }>> = {
  invalid_client: { status: 401, challenge: 'Basic realm="oauth"' },
  invalid_token: { status: 401, challenge: 'Bearer error="invalid_token"' },
  insufficient_scope: { status: 403, challenge: 'Bearer error="insufficient_scope"' },
};

/** What an error that carries no OAuth code is called there. */
const oauthCodes: Readonly<Partial<Record<Status, string>>> = {
  INTERNAL: "server_error",
  UNIMPLEMENTED: "server_error",
  UNAVAILABLE: "temporarily_unavailable",
  DEADLINE_EXCEEDED: "temporarily_unavailable",
  RESOURCE_EXHAUSTED: "temporarily_unavailable",
  PERMISSION_DENIED: "access_denied",
};

/** The error as RFC 6749 section 5.2 has it. An error of an OAuth route carries the OAuth code as its own. */
export function oauthError(error: AppError): HttpReply {
  const code = /^[a-z_]+$/.test(error.code) ? error.code : (oauthCodes[error.status] ?? "invalid_request");
  const challenge = oauthChallenges[code];
  const body = { error: code, error_description: errorDescription(error.message) };
  return json(body, challenge?.status ?? oauthStatus(error), {
    "cache-control": "no-store",
    pragma: "no-cache",
    ...(challenge && { "www-authenticate": challenge.challenge }),
    ...error.headers,
  });
}

/** 400, unless the request never reached OAuth's rules, or the fault or the limit is ours. */
function oauthStatus(error: AppError): number {
  const http = httpStatus(error);
  return error instanceof HttpRefusal || http >= 429 ? http : 400;
}

/** RFC 7644 section 3.1: what SCIM sends and answers. Entra and Okta read it whatever their `Accept` says. */
export const SCIM_MEDIA_TYPE = "application/scim+json; charset=utf-8";

/** The error as RFC 7644 section 3.12 has it. An error of a SCIM route carries its scimType as the code. */
export function scimFault(error: AppError): ScimError {
  const status = httpStatus(error);
  return new ScimError(status, error.message, scimType(error, status));
}

function scimError(error: AppError): HttpReply {
  const fault = scimFault(error);
  const { status } = fault;
  return {
    status,
    headers: {
      "content-type": SCIM_MEDIA_TYPE,
      "cache-control": "no-store",
      ...(status === 401 && { "www-authenticate": 'Bearer realm="scim"' }),
      ...error.headers,
    },
    body: JSON.stringify(fault.toBody()),
  };
}

/** Only statuses of RFC 7644 table 9 have a type; what the transport itself refuses with 400 is syntax. */
function scimType(error: AppError, status: number): ScimType | undefined {
  if (/^[a-z][A-Za-z]+$/.test(error.code)) return error.code as ScimType;
  if (status === 409) return "uniqueness";
  if (status !== 400) return undefined;
  return error.code === "INVALID_ARGUMENT" ? "invalidSyntax" : "invalidValue";
}

/** The error in the words of the route that failed. */
export function routeError(style: ErrorStyle, error: AppError, requestId: string): HttpReply {
  switch (style) {
    case "oauth":
      return oauthError(error);
    case "page":
      return errorPage(error, requestId, httpStatus(error));
    case "scim":
      return scimError(error);
    case "api":
      return restError(error, requestId);
  }
}
