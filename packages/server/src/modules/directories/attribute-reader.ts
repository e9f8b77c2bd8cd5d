/** The custom attributes of the people of a directory, read from their documents. */
import type { Ctx } from "../../context.ts";
import type { UserAttribute } from "../user-attributes/user-attributes.ts";
import * as userAttributes from "../user-attributes/user-attributes.ts";
import { typedValue } from "../user-attributes/values.ts";
import type { Directory } from "./directories.ts";
import type { Document } from "./person.ts";

/** Reads the custom attributes of people of one directory. */
export type AttributeReader = (document: Document) => Record<string, unknown>;

/** What the mappings of a directory and the declarations of the environment make of documents. */
export async function readerOf(ctx: Ctx, directory: Directory): Promise<AttributeReader> {
  const declared = await userAttributes.filledByDirectories(ctx);
  const sources = declared.map((attribute) => ({ attribute, source: sourceOf(directory, attribute) }));
  return (document) => {
    const found: Record<string, unknown> = {};
    for (const { attribute, source } of sources) {
      const value = typed(attribute, find(document, source));
      if (value !== undefined) found[attribute.key] = value;
    }
    return found;
  };
}

/** An attribute that no mapping fills is looked for under its own name. */
function sourceOf(directory: Directory, { key }: UserAttribute): string {
  return directory.attributeMappings.find((mapping) => mapping.map_to === key)?.key ?? key;
}

/** By name or dotted path, at the top or in any extension; the first that is there. */
function find(document: Document, path: string): unknown {
  const extensions = Object.entries(document).filter(([name]) => name.startsWith("urn:"));
  for (const place of [document, ...extensions.map(([, value]) => value)]) {
    const value = at(place, path) ?? at(place, ...path.split("."));
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function at(place: unknown, ...names: string[]): unknown {
  let value = place;
  for (const name of names) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = Object.entries(value).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
  }
  return value;
}

/** In the declared datatype; undefined for what cannot be of it. */
function typed({ datatype }: UserAttribute, value: unknown): unknown {
  if (value === undefined) return undefined;
  return typedValue(typeof value === "string" ? value : JSON.stringify(value), datatype);
}
