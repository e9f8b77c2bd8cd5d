/** Builds every `Ctx`: of requests here, of jobs and commands by `app.ts`. */
import type { App, Caller, Ctx, Emit, EventType, RequestInfo } from "../context.ts";

export type CreateCtx = (request: RequestInfo, environmentId: string, caller?: Caller) => Ctx;

const nobody: Caller = Object.freeze({ kind: "NONE" });

/**
 * Makes the builder of contexts.
 * @param emit gets the context that the event was emitted on, so that it writes in that context's transaction
 */
export function ctxBuilder(app: App, emit: Emit): CreateCtx {
  /** `emit`, `now` and `log` stand on the prototype, where `inTransaction` finds them for its copy. */
  class BuiltCtx implements Ctx {
    db = app.db;
    app = app;
    environmentId: string;
    caller: Caller;
    request: RequestInfo;

    constructor(request: RequestInfo, environmentId: string, caller: Caller) {
      this.request = request;
      this.environmentId = environmentId;
      this.caller = caller;
    }

    get log(): Ctx["log"] {
      return app.log.child({ requestId: this.request.id, environmentId: this.environmentId });
    }

    now(): Date {
      return app.now();
    }

    emit<P>(event: EventType<P>, payload: P, organizationId?: string): Promise<void> {
      return emit(this, event, [payload], organizationId);
    }

    emitAll<P>(event: EventType<P>, payloads: readonly P[], organizationId?: string): Promise<void> {
      return emit(this, event, payloads, organizationId);
    }
  }
  return (request, environmentId, caller = nobody) =>
    new BuiltCtx({ id: request.id, ip: request.ip, userAgent: request.userAgent }, environmentId, caller);
}
