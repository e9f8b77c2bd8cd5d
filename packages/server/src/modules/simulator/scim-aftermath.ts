/** What the directory is like after the simulator has played: who is in it, which groups, and what was announced. */
import type { Ctx } from "../../context.ts";
import { isObject, type Json, type JsonObject } from "../../protocols/scim/json.ts";
import * as eventLog from "../events/event-log.ts";
import type { Send } from "./scim-client.ts";
import type { Target } from "./scim-target.ts";

export interface Aftermath {
  /** Undefined where it does not let us look. */
  users: Listed | undefined;
  groups: Listed | undefined;
  /** Oldest first; undefined where they are not this caller's to see. */
  events: ToldEvent[] | undefined;
}

/** The newest of a kind. */
export interface Listed {
  total: number;
  items: JsonObject[];
}

export interface ToldEvent {
  type: string;
  about: string;
}

const mostShown = 10;
export const mostEvents = 100;
const newest = `startIndex=1&count=${mostShown}&sortBy=meta.lastModified&sortOrder=descending`;

/**
 * Looks at the directory as its provider can, and at the events that it caused.
 * @param since when the play began
 * @throws OutboundError
 */
export async function lookAround(ctx: Ctx, target: Target, send: Send, since: Date): Promise<Aftermath> {
  const list = async (path: string) => {
    const { status, body } = await send({ method: "GET", path, headers: {}, body: undefined });
    return status === 200 ? listed(body) : undefined;
  };
  return {
    users: await list(`/Users?${newest}`),
    groups: await list(`/Groups?${newest}&excludedAttributes=members`),
    events: target.own && (await eventsOf(ctx, target.own, since)),
  };
}

async function eventsOf(
  ctx: Ctx,
  { organizationId, directoryId }: { organizationId: string; directoryId: string },
  from: Date,
): Promise<ToldEvent[]> {
  const request = { pageSize: mostEvents, pageToken: "" };
  const { items } = await eventLog.listUncounted(ctx, { organizationId, from }, request);
  return items
    .filter((event) => event.actor_id === directoryId)
    .map(({ type, payload }) => ({ type, about: subjectOf(payload as JsonObject) }))
    .reverse();
}

/** A person, the person of a membership, or a group. */
function subjectOf(payload: JsonObject): string {
  const user = isObject(payload.user) ? payload.user : payload;
  const named = user.email ?? user.display_name ?? user.id;
  return typeof named === "string" ? named : "";
}

function listed(body: Json | undefined): Listed {
  if (!isObject(body)) return { total: 0, items: [] };
  const items = Array.isArray(body.Resources) ? body.Resources.filter(isObject) : [];
  return { total: typeof body.totalResults === "number" ? body.totalResults : items.length, items };
}
