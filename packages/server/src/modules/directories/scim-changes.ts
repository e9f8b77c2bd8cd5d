/**
 * What all changes by SCIM have in common: the version that the client expects, another try after a collision, and the
 * size of what is kept.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type Ctx, inRepeatedTransaction } from "../../context.ts";
import { isHeldElsewhere } from "../../db/scope.ts";
import { badRequest, quote, ScimError } from "../../protocols/scim/errors.ts";
import { formatEtag, passesIfMatch } from "../../protocols/scim/etag.ts";
import type { JsonObject } from "../../protocols/scim/json.ts";
import type { Directory } from "./directories.ts";
import { hold } from "./scim-admission.ts";

/** The `If-Match` header of a change; undefined when it is to be made whatever the version. */
export type Condition = string | undefined;

/** To enable a large directory takes long, and the provider's own patience ends after 60 s (Okta). */
const looks = 100;
const pauseMs = 200;

/**
 * Runs a change in a transaction, and again when the database ended it to free others. Whoever deletes a person holds
 * the groups that it found, and may meet one that the person was just put into. While the directory is being switched,
 * it waits without a connection.
 * @param change gets the directory as it is while the transaction runs
 * @throws ScimError 404, 403 when the directory was deleted or disabled meanwhile; 503 when the switch takes too long
 */
export async function retrying<T>(
  ctx: Ctx,
  directory: Directory,
  change: (ctx: Ctx, directory: Directory) => Promise<T>,
): Promise<T> {
  for (let look = 1; ; look++) {
    try {
      return await inRepeatedTransaction(ctx, async (ctx) => change(ctx, await hold(ctx, directory)));
    } catch (error) {
      if (!isHeldElsewhere(error) || ctx.db.isTransaction) throw error;
      if (look === looks) throw new ScimError(503, "The directory is being switched: send this again later.");
      await pause(pauseMs);
    }
  }
}

/** @param row held by the transaction, so that of two who expect one version one wins. @throws ScimError 412 */
export function requireCondition(condition: Condition, row: { version: number }): void {
  const etag = formatEtag(row.version);
  if (passesIfMatch(condition, etag)) return;
  throw new ScimError(
    412,
    `The version is ${etag} and not ${quote(condition ?? "")}: read the resource again.`,
  );
}

/** What is indexed has a size that every database can index. */
const longestIndexed = 256;

/** @param texts by the attribute that holds them. @throws ScimError `invalidValue` */
export function requireShort(texts: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [name, values] of Object.entries(texts)) {
    if (values.some((value) => typeof value === "string" && value.length > longestIndexed))
      throw badRequest("invalidValue", `${name} may have ${longestIndexed} characters at most.`);
  }
}

/** A page of a list holds 200 of them in memory, and several are asked for at once. */
const largestDocument = 128 * 1024;

/** A document as it is kept. @throws ScimError `invalidValue` when it has grown too large */
export function textOf(document: JsonObject): string {
  const text = JSON.stringify(document);
  if (text.length <= largestDocument) return text;
  throw badRequest(
    "invalidValue",
    `The resource would have ${text.length} characters; ${largestDocument} are kept.`,
  );
}
