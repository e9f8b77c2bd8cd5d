/** Which attributes of the provider fill the custom attributes that the environment declares for directories. */
import { type Ctx, inRepeatedTransaction } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as userAttributes from "../user-attributes/user-attributes.ts";
import { refresh } from "./consequences.ts";
import * as store from "./directories.store.ts";
import type { AttributeMapping, Directory } from "./directories.ts";
import { hold, toDirectory } from "./directories.ts";
import { directoryErrors as errors } from "./errors.ts";
import { directoryData, directoryUpdated } from "./events.ts";
import { known } from "./remembered.ts";

const mostMappings = 100;

/**
 * Replaces the mappings. Everybody in the directory is announced again, with the attributes that they have now.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, INVALID_ARGUMENT for a mapping to what is not declared
 */
export async function replace(
  ctx: Ctx,
  organizationId: string,
  id: string,
  mappings: AttributeMapping[],
): Promise<Directory> {
  await requireMappings(ctx, "attribute_mapping.attributes", mappings);
  return inRepeatedTransaction(ctx, async (ctx) => {
    const before = await hold(ctx, organizationId, id);
    const values = { attribute_mappings: JSON.stringify(mappings), updated_at: ctx.now() };
    const row = await store.set(ctx, id, values);
    if (!row) throw errors.DIRECTORY_NOT_FOUND(id);
    await known.forget(ctx, id);
    await ctx.emit(directoryUpdated, directoryData(row), organizationId);
    const directory = toDirectory(row);
    if (JSON.stringify(before.attributeMappings) !== JSON.stringify(mappings)) await refresh(ctx, directory);
    return directory;
  });
}

/** @param field where the request names them. @throws INVALID_ARGUMENT */
export async function requireMappings(
  ctx: Ctx,
  field: string,
  mappings: readonly AttributeMapping[],
): Promise<void> {
  if (mappings.length > mostMappings)
    throw invalidArgument(field, "repeated.max_items", `at most ${mostMappings} mappings are kept`);
  const declared = new Set((await userAttributes.filledByDirectories(ctx)).map(({ key }) => key));
  const seen = new Set<string>();
  for (const [at, { map_to: target }] of mappings.entries()) {
    const place = `${field}[${at}].map_to`;
    if (!declared.has(target))
      throw invalidArgument(
        place,
        "mapping.declared",
        `"${target}" is no attribute that directories fill here`,
      );
    if (seen.has(target))
      throw invalidArgument(place, "mapping.unique", `"${target}" is filled by another mapping already`);
    seen.add(target);
  }
}
