/** Where the attributes of an identity are read from, and which of them it keeps: the environment declares them. */
import type { Ctx } from "../../context.ts";
import * as userAttributes from "../user-attributes/user-attributes.ts";
import { typedValue } from "../user-attributes/values.ts";
import type { Connection } from "./connections.store.ts";
import { connectionErrors as errors } from "./errors.ts";

/** The connection's own mapping, completed by what the environment declares for all connections. */
export async function mappingOf(ctx: Ctx, connection: Connection): Promise<Record<string, string>> {
  const own = connection.attribute_mapping as Record<string, string>;
  const declared = await userAttributes.readAtSignIn(ctx);
  const defaults = declared.map(({ key, samlMapping, oidcMapping }): [string, string] => [
    key,
    connection.type === "SAML" ? samlMapping : oidcMapping,
  ]);
  return { ...Object.fromEntries(defaults), ...own };
}

/**
 * The declared attributes among those that were read, in their datatypes. What is not declared, or not of its type, is
 * left out, and told in the trace.
 * @throws mandatory_attribute_missing when that is one that the environment requires
 */
export async function declaredOf(
  ctx: Ctx,
  read: Readonly<Record<string, string>>,
): Promise<{ custom: Record<string, unknown>; leftOut: string[] }> {
  const kept: Record<string, unknown> = Object.create(null);
  for (const { key, category, datatype, required } of await userAttributes.readAtSignIn(ctx)) {
    if (category === "STANDARD") continue;
    const text = Object.hasOwn(read, key) ? read[key] : undefined;
    const value = text === undefined ? undefined : typedValue(text, datatype);
    if (value !== undefined) kept[key] = value;
    else if (required) throw missing(key, text, datatype);
  }
  return { custom: kept, leftOut: Object.keys(read).filter((key) => !Object.hasOwn(kept, key)) };
}

function missing(key: string, text: string | undefined, datatype: string) {
  const observed = text === undefined ? `no "${key}"` : `"${key}" with "${text.slice(0, 100)}"`;
  const expected = `${key} (${datatype})`;
  return errors.mandatory_attribute_missing(observed, expected).with({ evidence: { observed, expected } });
}
