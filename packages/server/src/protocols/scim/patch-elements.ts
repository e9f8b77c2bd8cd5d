/** How one attribute takes a PATCH: a single value, the members of a complex one, the elements of a plural one. */

import { checkPrimary, readAttributeValue } from "./attribute-value.ts";
import { type Attribute, elementScope, findByName, keyIn } from "./attributes.ts";
import { badRequest, quote } from "./errors.ts";
import type { Filter } from "./filter.ts";
import { isObject, isUnassigned, type Json, type JsonObject, sameJson } from "./json.ts";
import { matches } from "./matches.ts";
import type { PatchPath } from "./path.ts";

export type AttributeChange = {
  op: "add" | "replace" | "remove";
  path: PatchPath;
  /** The attribute as the document spells it. */
  name: string;
  /** The path as sent, for messages. */
  text: string;
  value: Json | undefined;
  /** Undefined when no schema knows the attribute. */
  definition: Attribute | undefined;
};

/**
 * Changes an attribute that has one value. The members of a complex one change each by itself (RFC 7644 section
 * 3.5.2.3), but a reference such as `manager` is replaced as a whole: the old name beside a new id would be wrong.
 *
 * @param current - the value before
 * @param change - without filter
 * @returns the value after; undefined when it is removed
 * @throws {ScimError} `invalidValue`
 */
export function changeSingle(current: Json | undefined, change: AttributeChange): Json | undefined {
  const { definition, op, value, text } = change;
  const { subAttribute } = change.path;
  if (subAttribute !== undefined) return changeMember(objectOr(current), subAttribute, change);
  if (op === "remove") return undefined;
  if (
    isObject(value) &&
    !isReference(definition) &&
    (definition ? definition.type === "complex" : isObject(current))
  ) {
    return Object.entries(value).reduce(
      (object, [key, item]) => changeMember(object, key, { ...change, value: item ?? undefined }),
      objectOr(current),
    );
  }
  const read = readAttributeValue(definition, value, definition?.name ?? text);
  return isCleared(read) ? unlessReplaced(op, current) : read;
}

function isReference(definition: Attribute | undefined): boolean {
  return findByName(definition?.subAttributes ?? [], "value") !== undefined;
}

/** An empty value clears what it replaces (Entra ID sends ""); it adds nothing. */
function isCleared(value: Json | undefined): value is undefined {
  return isUnassigned(value) || value === "";
}

function unlessReplaced(op: AttributeChange["op"], current: Json | undefined): Json | undefined {
  return op === "replace" ? undefined : current;
}

/** Sets or clears one member of an object and returns the new object. */
function changeMember(object: JsonObject, member: string, change: AttributeChange): JsonObject {
  const { definition, op, value } = change;
  const sub = findByName(definition?.subAttributes ?? [], member);
  const key = keyIn(object, member) ?? sub?.name ?? member;
  const read = op === "remove" ? undefined : readAttributeValue(sub, value, `${change.name}.${key}`);
  if (op === "add" && isCleared(read)) return object;
  const { [key]: _, ...others } = object;
  return isCleared(read) ? others : { ...others, [key]: read };
}

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/**
 * Changes an attribute that has many values.
 *
 * @param current - its value before: a list, or missing
 * @param change - which elements, and what to make of them
 * @returns the list after, perhaps empty
 * @throws {ScimError} `invalidValue`; `noTarget` when a filter matches nothing and does not say what to make
 */
export function changeElements(current: Json | undefined, change: AttributeChange): Json[] {
  const elements = current === undefined ? [] : [current].flat();
  const changed =
    change.path.filter === undefined ? changeAll(elements, change) : changeMatching(elements, change);
  checkPrimary(changed, change.name);
  return changed;
}

function changeAll(elements: Json[], change: AttributeChange): Json[] {
  const { op, value, definition } = change;
  if (change.path.subAttribute !== undefined) return changeMain(elements, change);
  const listed = [readAttributeValue(definition, value, change.name) ?? []].flat();
  if (op === "replace") return listed.filter((item) => item !== "");
  if (op === "add") return listed.reduce(addElement, elements);
  return value === undefined
    ? []
    : elements.filter((element) => !listed.some((item) => isSame(element, item)));
}

/** `emails.value` without a filter: the primary element or else the first, so that not all become the same. */
function changeMain(elements: Json[], change: AttributeChange): Json[] {
  const primary = elements.findIndex((element) => isObject(element) && element.primary === true);
  const main = Math.max(primary, 0);
  const others = elements.toSpliced(main, 1);
  const next = changeMember(objectOr(elements[main]), change.path.subAttribute ?? "", change);
  return isPointless(next, change) ? others : withElement(elements, main, next);
}

/** An element that is there already is not doubled but takes what is new about it. */
function addElement(elements: Json[], added: Json): Json[] {
  if (added === "") return elements;
  const at = elements.findIndex((element) => isSame(element, added));
  const before = elements[at];
  const merged = isObject(before) && isObject(added) ? { ...before, ...added } : added;
  return withElement(elements, at < 0 ? elements.length : at, merged);
}

/** RFC 7643 section 2.4 knows an element by its value and type; one without value by all of it. */
function isSame(element: Json, listed: Json): boolean {
  if (!isObject(element)) return sameJson(element, listed);
  if (!isObject(listed)) return sameJson(element.value, listed);
  if (listed.value === undefined) return sameJson(element, listed);
  return (
    sameJson(element.value, listed.value) &&
    (listed.type === undefined || sameText(element.type, listed.type))
  );
}

function sameText(one: Json | undefined, other: Json): boolean {
  return String(one).toLowerCase() === String(other).toLowerCase();
}

/** Puts an element at its place; when it is the primary one, no other stays so (RFC 7644 section 3.5.2). */
function withElement(elements: Json[], at: number, element: Json): Json[] {
  const list = elements.toSpliced(at, 1, element);
  if (!isObject(element) || element.primary !== true) return list;
  return list.map((other, place) =>
    place !== at && isObject(other) && other.primary === true ? { ...other, primary: false } : other,
  );
}

function changeMatching(elements: Json[], change: AttributeChange): Json[] {
  const { definition, op, value } = change;
  const { filter } = change.path;
  if (filter === undefined) return elements;
  const scope = elementScope(definition);
  const found = elements.flatMap((element, at) => (matches(filter, element, scope) ? [at] : []));
  if (op === "remove" || isCleared(value)) {
    return op === "add" ? elements : clearElements(elements, found, change);
  }
  const seed = seedOf(filter);
  if (found.length > 0) {
    return found.reduce(
      (list, at) => withElement(list, at, setElement(list[at], seed ?? {}, change)),
      elements,
    );
  }
  if (seed === undefined) {
    throw badRequest(
      "noTarget",
      `No value matches ${quote(change.text)}, and it does not say which to make.`,
    );
  }
  return withElement(elements, elements.length, setElement(seed, seed, change));
}

function clearElements(elements: Json[], found: number[], change: AttributeChange): Json[] {
  const { subAttribute } = change.path;
  if (subAttribute === undefined) return elements.filter((_, at) => !found.includes(at));
  return elements.flatMap((element, at) => {
    if (!found.includes(at)) return [element];
    const next = changeMember(objectOr(element), subAttribute, { ...change, op: "remove" });
    return isPointless(next, change) ? [] : [next];
  });
}

/** What is left of an element once its value is gone. */
function isPointless(element: JsonObject, { definition }: AttributeChange): boolean {
  const left = Object.keys(element).filter((key) => !["type", "primary", "display"].includes(key));
  return left.length === 0 && (definition !== undefined || Object.keys(element).length === 0);
}

function setElement(element: Json | undefined, seed: JsonObject, change: AttributeChange): Json {
  const before = objectOr(element);
  if (change.path.subAttribute !== undefined) return changeMember(before, change.path.subAttribute, change);
  const single = change.definition && { ...change.definition, multiValued: false };
  const read = readAttributeValue(single, change.value, change.name);
  if (!isObject(read))
    throw badRequest("invalidValue", `The value of ${quote(change.text)} must be an object.`);
  return change.op === "add" ? { ...before, ...read } : { ...seed, ...read };
}

/**
 * What a filter says that an element must have: `type eq "work"` makes `{type: "work"}`. Entra ID relies on such an
 * element being made when it is missing. Undefined when the filter has anything but `eq` and `and`.
 */
function seedOf(filter: Filter): JsonObject | undefined {
  if (filter.kind === "compare" && filter.operator === "eq" && filter.path.subAttribute === undefined) {
    return filter.value === null ? undefined : { [filter.path.attribute]: filter.value };
  }
  if (filter.kind !== "and") return undefined;
  const seeds = filter.filters.map(seedOf);
  return seeds.includes(undefined) ? undefined : Object.assign({}, ...seeds);
}
