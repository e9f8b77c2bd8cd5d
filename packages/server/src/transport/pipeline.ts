/**
 * The ordered steps between a request and its handler, the same for RPC and REST:
 *
 *   arrival (id, ip, host) → limit of the address → environment → caller → limit of the caller → callers allowed
 *   → permissions → built?
 *   → message → caller's own organization → rules of the message → handler
 *
 * Everything left of the message needs only the head of the request, so nobody's body is parsed before we know that
 * the caller may call.
 */
import { create, type Message } from "@bufbuild/protobuf";
import type { AddressLimit } from "../config.ts";
import type { App, Caller, Ctx } from "../context.ts";
import { requireAddressWithin, requireWithin } from "../limits.ts";
import type { Arrival } from "./arrival.ts";
import { admits, readCaller, type Verifiers } from "./callers.ts";
import type { CreateCtx } from "./ctx.ts";
import { wrongKinds } from "./id-kinds.ts";
import { brokenRules } from "./message-rules.ts";
import type { Method } from "./methods.ts";
import { refusals } from "./refusals.ts";

export interface PipelineOptions extends Verifiers {
  app: App;
  /** @returns the id of the environment that answers at this host (with port, lower case), or undefined */
  resolveEnvironment(host: string): Promise<string | undefined>;
  createCtx: CreateCtx;
}

export interface Pipeline {
  /** Counts a request by its address. @throws AppError RATE_LIMITED */
  count(limit: AddressLimit, arrival: Arrival): void;
  /**
   * The context of a route of ours: the environment and nobody as the caller.
   * @throws AppError NOT_FOUND when no environment answers at the host
   */
  open(arrival: Arrival): Promise<Ctx>;
  /**
   * Runs every step that needs no message.
   * @throws AppError RATE_LIMITED, NOT_FOUND, UNAUTHENTICATED, PERMISSION_DENIED or UNIMPLEMENTED
   */
  admit(method: Method, arrival: Arrival): Promise<Ctx>;
  /**
   * Runs the steps that need the message, then the handler.
   * @throws AppError NOT_FOUND or INVALID_ARGUMENT, and whatever the handler throws
   */
  call(method: Method, ctx: Ctx, message: Message): Promise<Message>;
}

/** Makes the pipeline. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const open = async (arrival: Arrival): Promise<Ctx> => {
    const environmentId = await options.resolveEnvironment(arrival.host);
    if (environmentId === undefined) throw refusals.noEnvironment();
    return options.createCtx(arrival, environmentId);
  };
  const count: Pipeline["count"] = (limit, arrival) => requireAddressWithin(options.app, limit, arrival.ip);
  return {
    count,
    open,
    async admit(method, arrival) {
      // The public methods are what the hosted pages ask on behalf of nobody yet.
      count(method.isPublic ? "signInPerAddress" : "apiPerAddress", arrival);
      const ctx = await open(arrival);
      if (!method.isPublic) {
        ctx.caller = await readCaller(ctx, arrival.headers, options);
        requireWithin(options.app, "apiPerClient", idOf(ctx.caller));
        requireAllowedCaller(method, ctx.caller);
        requirePermissions(method, ctx.caller);
      }
      if (method.handler === undefined) throw refusals.notBuilt(method.desc.name);
      return ctx;
    },
    async call(method, ctx, message) {
      requireOwnOrganization(method, ctx.caller, message);
      requireRules(method, message);
      if (method.handler === undefined) throw refusals.notBuilt(method.desc.name);
      const result = await method.handler(ctx, message);
      return create(method.desc.output, result as Record<string, unknown>);
    },
  };
}

/** Whose calls are counted together: an application's, or a person's in all of their sessions. */
function idOf(caller: Caller): string {
  switch (caller.kind) {
    case "CLIENT":
      return caller.clientId;
    case "USER":
    case "SESSION":
      return caller.userId;
    case "CUSTOMER_PORTAL":
      return caller.organizationId;
    case "WORKSPACE":
      return caller.memberId;
    case "ACTIONS_PORTAL":
      return caller.connectedAccountId;
    case "DIRECTORY":
      return caller.directoryId;
    case "NONE":
      return "";
  }
}

function requireAllowedCaller(method: Method, caller: Caller): void {
  if (method.callers === 0) throw refusals.methodClosed();
  if (!admits(method.callers, caller)) throw refusals.callerNotAllowed(caller.kind);
}

function requirePermissions(method: Method, caller: Caller): void {
  if (caller.kind !== "SESSION") return;
  const missing = method.permissions.find((permission) => !caller.permissions.includes(permission));
  if (missing !== undefined) throw refusals.permissionMissing(missing);
}

/** An organization named by its external id, or not named at all, is left to the rules: they know the row. */
function requireOwnOrganization(method: Method, caller: Caller, message: Message): void {
  if (caller.kind !== "SESSION" && caller.kind !== "CUSTOMER_PORTAL") return;
  const foreign = method.organizationsOf(message).some((id) => id !== caller.organizationId);
  if (foreign) throw refusals.otherOrganization();
}

function requireRules(method: Method, message: Message): void {
  const broken = brokenRules(method.desc.input, message);
  const violations = broken.length > 0 ? broken : wrongKinds(method.desc, message);
  if (violations.length > 0) throw refusals.rules(violations);
}
