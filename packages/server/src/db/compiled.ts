/**
 * Queries that are built once and run many times. To build and compile one takes Kysely 10 to 40 µs, as long as
 * PostgreSQL takes to answer a simple one; what every sign-in and token asks goes through here.
 */
import type { CompiledQuery } from "kysely";
import type { Db } from "./db.ts";

/** A query builder or an `sql` template. */
interface Query<Row> {
  compile(db: Db): CompiledQuery<Row>;
}

/** Stands for a value while the query is built. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * @param build makes the query; it may hand its values on as parameters and must not look at them, since it runs once
 * for each set of names: afterwards other values take their places
 * @returns runs the query with values, on the pool or in an open transaction
 */
export function compiled<Values extends object, Row>(
  build: (db: Db, values: Values) => Query<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  const known = new Map<string, CompiledQuery<Row>>();
  return async (db, values) => {
    const names = Object.keys(values).join();
    const query = known.get(names) ?? build(db, slotsFor(values)).compile(db);
    known.set(names, query);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Slot ? values[parameter.name as keyof Values] : parameter,
    );
    return (await db.executeQuery<Row>({ ...query, parameters })).rows;
  };
}

function slotsFor<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.keys(values).map((name) => [name, new Slot(name)])) as Values;
}
