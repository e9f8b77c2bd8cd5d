/**
 * The form of a door: a service of the contract, method by method, and routes of our own for what no proto
 * describes. `app.ts` collects both; the rest of `transport/` serves them.
 */
import type { DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Ctx } from "../context.ts";

/** The methods of a service that are built; a method left out answers UNIMPLEMENTED. */
export type Handlers<S extends DescService> = {
  [Method in keyof S["method"]]?: (
    ctx: Ctx,
    request: MessageShape<S["method"][Method]["input"]>,
  ) => Promise<MessageInitShape<S["method"][Method]["output"]>>;
};

/** A handler whose message types are erased, as the transport calls it. */
export type AnyHandler = (ctx: Ctx, request: unknown) => Promise<unknown>;

export interface ServiceDoor {
  service: DescService;
  handlers: ReadonlyMap<string, AnyHandler>;
}

/** Opens a service: `export const rpc = serve(OrganizationService, { getOrganization: … })`. */
export function serve<S extends DescService>(service: S, handlers: Handlers<S>): ServiceDoor {
  return { service, handlers: new Map(Object.entries(handlers) as [string, AnyHandler][]) };
}
