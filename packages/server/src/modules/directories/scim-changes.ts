/** What all changes by SCIM have in common: the version that the client expects, and another try after a collision. */
import { type Ctx, inTransaction } from "../../context.ts";
import { isDeadlock } from "../../db/scope.ts";
import { quote, ScimError } from "../../protocols/scim/errors.ts";
import { formatEtag, passesIfMatch } from "../../protocols/scim/etag.ts";

/** The `If-Match` header of a change; undefined when it is to be made whatever the version. */
export type Condition = string | undefined;

/**
 * Runs a change in a transaction, and again when the database ended it to free others. Whoever deletes a person holds
 * the groups that it found, and may meet one that the person was just put into.
 */
export async function retrying<T>(ctx: Ctx, change: (ctx: Ctx) => Promise<T>, attempts = 5): Promise<T> {
  try {
    return await inTransaction(ctx, change);
  } catch (error) {
    if (!isDeadlock(error) || attempts === 1 || ctx.db.isTransaction) throw error;
    return retrying(ctx, change, attempts - 1);
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
