/** Sends requests to a directory as its identity provider does: over HTTP, through the guarded fetch, with its token. */
import type { Ctx } from "../../context.ts";
import type { Json } from "../../protocols/scim/json.ts";
import {
  type PlayedStep,
  playStory,
  type StoryAnswer,
  type StoryRequest,
  type StoryStep,
} from "../../protocols/scim/stories.ts";
import type { Target } from "./scim-target.ts";

export type Send = (request: StoryRequest) => Promise<StoryAnswer>;

/** Sends one request and judges its answer. */
export type Ask = (step: StoryStep) => Promise<PlayedStep>;

/** A request that was sent, or a word about why none was. */
export type Shown = PlayedStep | { note: string };

/**
 * What sends to a directory. The requests are those of the recordings, but for the token, which stands in place of a
 * missing Authorization.
 * @returns a function that throws OutboundError when the address is refused or does not answer
 */
export function senderTo(ctx: Ctx, { base, token }: Target): Send {
  return async ({ method, path, headers, body }) => {
    const sent = new Headers({ authorization: `Bearer ${token}`, accept: "application/scim+json" });
    if (body !== undefined) sent.set("content-type", "application/scim+json");
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    const answer = await ctx.app.fetch(base + path, {
      method,
      headers: sent,
      redirect: "error",
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: readBody(await answer.text()) };
  };
}

/** Judges single requests by the rules of the stories. */
export function askerOf(send: Send, base: string): Ask {
  return async (step) => {
    const story = {
      provider: "okta" as const,
      name: "one-request",
      title: step.title,
      source: { name: "", quirk: "" },
      headers: {},
      steps: [step],
    };
    const { value } = await playStory(story, { run: "", base, domain: "" }, send).next();
    return value as PlayedStep;
  };
}

/** A directory answers JSON; what stands before it, such as a proxy, may answer anything. */
function readBody(text: string): Json | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
