/**
 * The ordered steps between a request and its handler, the same for RPC and REST:
 *
 *   arrival (id, ip, host) → environment → caller → callers allowed → permissions → built?
 *   → message → caller's own organization → rules of the message → handler
 *
 * Everything left of the message needs only the head of the request, so nobody's body is parsed before we know that
 * the caller may call.
 */
import { create, type Message } from "@bufbuild/protobuf";
import type { Caller, Ctx } from "../context.ts";
import type { Arrival } from "./arrival.ts";
import { admits, readCaller, type Verifiers } from "./callers.ts";
import type { CreateCtx } from "./ctx.ts";
import { brokenRules } from "./message-rules.ts";
import type { Method } from "./methods.ts";
import { refusals } from "./refusals.ts";

export interface PipelineOptions extends Verifiers {
  /** @returns the id of the environment that answers at this host (with port, lower case), or undefined */
  resolveEnvironment(host: string): Promise<string | undefined>;
  createCtx: CreateCtx;
}

export interface Pipeline {
  /**
   * The context of a route of ours: the environment and nobody as the caller.
   * @throws AppError NOT_FOUND when no environment answers at the host
   */
  open(arrival: Arrival): Promise<Ctx>;
  /**
   * Runs every step that needs no message.
   * @throws AppError NOT_FOUND, UNAUTHENTICATED, PERMISSION_DENIED or UNIMPLEMENTED
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
  return {
    open,
    async admit(method, arrival) {
      const ctx = await open(arrival);
      if (!method.isPublic) {
        ctx.caller = await readCaller(ctx, arrival.headers, options);
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
  const violations = brokenRules(method.desc.input, message);
  if (violations.length > 0) throw refusals.rules(violations);
}
