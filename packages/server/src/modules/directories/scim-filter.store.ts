/**
 * Filters of RFC 7644 section 3.4.2.2 as SQL conditions, with the meaning that `protocols/scim/matches.ts` gives them.
 * What has an index or lives outside of the document has a condition of its own; all else is looked up in the
 * document. Whatever a client wrote, names included, reaches the database as a parameter only.
 */
import { type RawBuilder, sql } from "kysely";
import {
  type AttributePath,
  attributesOf,
  elementScope,
  findAttribute,
  findByName,
  type Scope,
} from "../../protocols/scim/attributes.ts";
import type { Filter } from "../../protocols/scim/filter.ts";
import type { CompareOperator, FilterValue } from "../../protocols/scim/filter-values.ts";
import { GROUP_SCOPE } from "../../protocols/scim/group-schema.ts";
import { USER_SCOPE } from "../../protocols/scim/user-schema.ts";

export type ResourceKind = "User" | "Group";
type Sql = RawBuilder<unknown>;
/** A value of a filter as the query names it; its type decides how it is compared, its value is not known. */
type Bound = { type: "string" | "number" | "boolean" | "null"; parameter: unknown };
type Comparison = { operator: CompareOperator; bound: Bound };

/** A filter without its values, so that filters which differ in these alone share one query. */
export type Shape =
  | { kind: "and" | "or"; filters: readonly Shape[] }
  | { kind: "not"; filter: Shape }
  | { kind: "present"; path: AttributePath }
  | { kind: "compare"; path: AttributePath; operator: CompareOperator; type: Bound["type"]; name: string }
  | { kind: "values"; path: AttributePath; filter: Shape };

export type Values = Record<string, FilterValue>;

/** Takes the values out of a filter, under names of their own. */
export function separate(filter: Filter, values: Values): Shape {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: filter.filters.map((part) => separate(part, values)) };
    case "not":
      return { kind: "not", filter: separate(filter.filter, values) };
    case "values":
      return { kind: "values", path: filter.path, filter: separate(filter.filter, values) };
    case "present":
      return filter;
    case "compare": {
      const { kind, path, operator, value } = filter;
      const name = `value${Object.keys(values).length}`;
      values[name] = value;
      return { kind, path, operator, type: value === null ? "null" : (typeof value as "string"), name };
    }
  }
}

/** Where a condition is: in a resource, whose row is `r`, or in an element of a plural attribute. */
type Place = {
  scope: Scope;
  /** The values by name, or what stands for them while a query is compiled. */
  values: Readonly<Record<string, unknown>>;
  /** The JSON that paths start from. */
  holder: Sql;
  /** The conditions and the JSON of what is not in the document; only in the resource itself. */
  columns?: Columns;
  /** Names the values along a path, so that none is shadowed. */
  depth: number;
};

type Columns = {
  /** By path; undefined where there is none for this operator, so that the JSON is looked at. */
  compare: Readonly<Record<string, (comparison: Comparison) => Sql | undefined>>;
  json: Readonly<Record<string, Sql>>;
};

/**
 * The condition of a filter on the row `r`.
 * @param kind of the resource, which says what table `r` is of
 * @param values the values by the names in the shape, as parameters
 */
export function conditionOf(
  shape: Shape,
  kind: ResourceKind,
  values: Readonly<Record<string, unknown>>,
): RawBuilder<boolean> {
  return condition(shape, resource(kind, values)) as RawBuilder<boolean>;
}

/** A cursor holds it, and a URL the cursor. */
const longestSortKey = 100;

/** The path's first value as text, for sorting; its primary value where it has one (RFC 7644 section 3.4.2.3). */
export function sortText(path: AttributePath, kind: ResourceKind): RawBuilder<string | null> {
  const place = resource(kind, {});
  const definition = findAttribute(path, place.scope);
  const hasValue = path.subAttribute === undefined && findByName(definition?.subAttributes ?? [], "value");
  const { from, value } = valuesAt(hasValue ? { ...path, subAttribute: "value" } : path, place);
  const text = definition?.caseExact ? sql`${value} #>> '{}'` : sql`lower(${value} #>> '{}')`;
  const primary = sql.ref(`v1.v`);
  return sql`(select left(${text}, ${sql.lit(longestSortKey)}) from ${from}
    order by coalesce(${primary} -> 'primary' = 'true', false) desc limit 1)`;
}

function resource(kind: ResourceKind, values: Place["values"]): Place {
  return {
    scope: kind === "User" ? USER_SCOPE : GROUP_SCOPE,
    values,
    holder: sql`r.document`,
    columns: kind === "User" ? userColumns : groupColumns,
    depth: 0,
  };
}

function condition(shape: Shape, place: Place): Sql {
  switch (shape.kind) {
    case "and":
    case "or": {
      const parts = shape.filters.map((part) => condition(part, place));
      return sql`(${sql.join(parts, shape.kind === "and" ? sql` and ` : sql` or `)})`;
    }
    case "not":
      return negated(condition(shape.filter, place));
    case "present":
      return someValue(shape.path, place, isPresent);
    case "compare":
      return comparison(shape, place);
    case "values":
      return someElement(shape, place);
  }
}

function comparison(shape: Extract<Shape, { kind: "compare" }>, place: Place): Sql {
  const { path, operator } = shape;
  const bound: Bound = { type: shape.type, parameter: place.values[shape.name] };
  if (operator === "ne") return negated(comparison({ ...shape, operator: "eq" }, place));
  if (bound.type === "null")
    return operator === "eq" ? sql`not ${someValue(path, place, isPresent)}` : sql`false`;
  const direct = path.schema === undefined ? own(place.columns?.compare, keyOf(path)) : undefined;
  const found = direct?.({ operator, bound });
  if (found !== undefined) return found;
  const exact = findAttribute(path, place.scope)?.caseExact ?? false;
  return someValue(path, place, (value) => compareJson(value, { operator, bound }, exact));
}

/** A comparison with a missing value is null, which holds as little as its plain negation would. */
function negated(test: Sql): Sql {
  return sql`not coalesce(${test}, false)`;
}

/** A client may ask for `constructor`, which every object seems to have. */
function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

function keyOf({ attribute, subAttribute }: AttributePath): string {
  return subAttribute === undefined ? attribute : `${attribute}.${subAttribute}`;
}

/** One and the same element satisfies the whole filter in the brackets. */
function someElement(shape: Extract<Shape, { kind: "values" }>, place: Place): Sql {
  const definition = findAttribute(shape.path, place.scope);
  const element = `e${place.depth}`;
  const inside: Place = {
    scope: elementScope(definition),
    values: place.values,
    holder: sql.ref(`${element}.v`),
    depth: place.depth + 1,
  };
  const { from, value } = valuesAt(shape.path, place);
  const exists = sql`exists (select from (select ${value} as v from ${from}) ${sql.ref(element)}
    where ${condition(shape.filter, inside)})`;
  const index = place.columns && indexedElement(shape, place);
  return index === undefined ? exists : sql`(${index} and ${exists})`;
}

/** Entra asks `emails[type eq "work"].value eq "x"`: the index of addresses finds the few rows that may match. */
function indexedElement(shape: Extract<Shape, { kind: "values" }>, place: Place): Sql | undefined {
  const inside = shape.filter.kind === "and" ? shape.filter.filters : [shape.filter];
  const wanted = inside.find(
    (part) => part.kind === "compare" && part.operator === "eq" && part.path.attribute === "value",
  );
  if (wanted?.kind !== "compare" || shape.path.schema !== undefined) return undefined;
  const bound: Bound = { type: wanted.type, parameter: place.values[wanted.name] };
  return own(place.columns?.compare, `${shape.path.attribute}.value`)?.({ operator: "eq", bound });
}

function someValue(path: AttributePath, place: Place, holds: (value: Sql) => Sql): Sql {
  const { from, value } = valuesAt(path, place);
  return sql`exists (select from ${from} where ${holds(value)})`;
}

/** The values that a path leads to, as `valuesAt` of `matches.ts` finds them. */
function valuesAt(path: AttributePath, place: Place): { from: Sql; value: Sql } {
  const { schema, attribute, subAttribute } = path;
  const known = attributesOf(schema, place.scope) ?? [];
  const definition = findByName(known, attribute);
  const steps: { name: string; isKnown: boolean }[] = [
    { name: attribute, isKnown: definition !== undefined },
  ];
  if (schema !== undefined) steps.unshift({ name: schema, isKnown: known.length > 0 });
  if (subAttribute !== undefined) {
    const isKnown = findByName(definition?.subAttributes ?? [], subAttribute) !== undefined;
    steps.push({ name: subAttribute, isKnown });
  }
  const column = schema === undefined ? own(place.columns?.json, attribute) : undefined;
  const parts: Sql[] = [];
  let value = place.holder;
  for (const [at, { name, isKnown }] of steps.entries()) {
    const found = at === 0 && column !== undefined ? column : member(value, name, isKnown);
    const alias = `v${place.depth * 3 + at + 1}`;
    // In lax mode a single value is its own only element.
    parts.push(sql`jsonb_path_query(${found}, '$[*]') as ${sql.ref(alias)}(v)`);
    value = sql.ref(`${alias}.v`);
  }
  return { from: sql.join(parts), value };
}

/** The protocol keeps known names in the schema's spelling; others as they came, and names have no case. */
function member(holder: Sql, name: string, isKnown: boolean): Sql {
  if (isKnown) return sql`(${holder} -> ${name}::text)`;
  return sql`(select m.value from jsonb_each(case when jsonb_typeof(${holder}) = 'object' then ${holder} end) m
    where lower(m.key) = lower(${name}::text) order by m.key = ${name}::text desc limit 1)`;
}

function isPresent(value: Sql): Sql {
  return sql`jsonb_path_exists(${value},
    '$.** ? ((@.type() == "string" && @ != "") || @.type() == "number" || @.type() == "boolean")')`;
}

/** A value of another type than the wanted one does not match, and is never cast. */
function compareJson(value: Sql, { operator, bound }: Comparison, exact: boolean): Sql {
  const text = sql`(${value} #>> '{}')`;
  const { type, parameter } = bound;
  const test =
    type === "string"
      ? compareText(text, operator, parameter, exact)
      : compareTyped(text, operator, parameter, type === "number" ? sql`numeric` : sql`boolean`);
  return sql`case when jsonb_typeof(${value}) = ${sql.lit(type)} then ${test} end`;
}

function compareText(text: Sql, operator: CompareOperator, parameter: unknown, exact: boolean): Sql {
  const found = exact ? text : sql`lower(${text})`;
  const wanted = exact ? sql`${parameter}::text` : sql`lower(${parameter}::text)`;
  switch (operator) {
    case "co":
      return sql`position(${wanted} in ${found}) > 0`;
    case "sw":
      return sql`starts_with(${found}, ${wanted})`;
    case "ew":
      return sql`right(${found}, length(${wanted})) = ${wanted}`;
    default:
      return sql`${found} collate "C" ${signs[operator]} ${wanted}`;
  }
}

function compareTyped(text: Sql, operator: CompareOperator, parameter: unknown, type: Sql): Sql {
  if (operator === "co" || operator === "sw" || operator === "ew")
    return compareText(text, operator, parameter, true);
  return sql`${text}::${type} ${signs[operator]} ${parameter}::${type}`;
}

const signs: Readonly<Record<Exclude<CompareOperator, "co" | "sw" | "ew">, Sql>> = {
  eq: sql`=`,
  ne: sql`<>`,
  gt: sql`>`,
  ge: sql`>=`,
  lt: sql`<`,
  le: sql`<=`,
};

type Compare = (comparison: Comparison) => Sql | undefined;

/** A condition that an index serves, for `eq` with a text. */
function equal(test: (parameter: unknown) => Sql): Compare {
  return ({ operator, bound }) =>
    operator === "eq" && bound.type === "string" ? test(bound.parameter) : undefined;
}

function instant(column: Sql): Compare {
  return ({ operator, bound }) =>
    bound.type === "string" && operator !== "co" && operator !== "sw" && operator !== "ew"
      ? sql`${column} ${signs[operator]} ${bound.parameter}::timestamptz`
      : undefined;
}

const shared: Columns["compare"] = {
  id: equal((id) => sql`r.id = ${id}::text`),
  externalId: equal((id) => sql`r.external_id = ${id}::text`),
  "meta.created": instant(sql`r.created_at`),
  "meta.lastModified": instant(sql`r.updated_at`),
};

/** The version is written as `etag.ts` does. */
function meta(kind: ResourceKind): Sql {
  return sql`jsonb_build_object('resourceType', ${sql.lit(kind)}, 'created', r.created_at,
    'lastModified', r.updated_at, 'location', r.id, 'version', 'W/"' || r.version || '"')`;
}

const userColumns: Columns = {
  compare: {
    ...shared,
    userName: equal((name) => sql`lower(r.user_name) = lower(${name}::text)`),
    "emails.value": equal((email) => sql`r.emails @> array[lower(${email}::text)]`),
    "groups.value": equal(
      (id) => sql`exists (select from directory_group_members m
        where m.directory_user_id = r.id and m.group_id = ${id}::text)`,
    ),
  },
  json: {
    id: sql`to_jsonb(r.id)`,
    meta: meta("User"),
    groups: sql`(select jsonb_agg(jsonb_build_object('value', g.id, 'display', g.display_name, 'type', 'direct'))
      from directory_group_members m join directory_groups g on g.id = m.group_id
      where m.directory_user_id = r.id)`,
  },
};

const groupColumns: Columns = {
  compare: {
    ...shared,
    displayName: equal((name) => sql`lower(r.display_name) = lower(${name}::text)`),
    "members.value": equal(
      (id) => sql`exists (select from directory_group_members m
        where m.group_id = r.id and m.directory_user_id = ${id}::text)`,
    ),
  },
  json: {
    id: sql`to_jsonb(r.id)`,
    meta: meta("Group"),
    members: sql`(select jsonb_agg(jsonb_build_object('value', m.directory_user_id, 'type', 'User'))
      from directory_group_members m where m.group_id = r.id)`,
  },
};
