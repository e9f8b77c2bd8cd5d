// Owns the comparison of two sets of facts.
import { isDeepStrictEqual } from "node:util";
import type { Fact, Facts, Json } from "./contract-facts.ts";

export interface Difference {
  /** The kind and full name of the thing, such as `field scalekit.v1.users.User.id`. */
  fact: string;
  /** What differs about it; `existence` when one side does not have the thing at all. */
  statement: string;
  contract: Json | undefined;
  generated: Json | undefined;
}

/**
 * Lists what the two sides state differently, in both directions.
 *
 * @param contract the facts of contract.json
 * @param generated the facts of the generated descriptors
 */
export function compareFacts(contract: Facts, generated: Facts): Difference[] {
  const names = new Set([...contract.keys(), ...generated.keys()]);
  return [...names].flatMap((name) => compareFact(name, contract.get(name), generated.get(name)));
}

function compareFact(fact: string, contract: Fact | undefined, generated: Fact | undefined): Difference[] {
  if (contract === undefined || generated === undefined) {
    return [
      { fact, statement: "existence", contract: contract !== undefined, generated: generated !== undefined },
    ];
  }
  const statements = new Set([...Object.keys(contract), ...Object.keys(generated)]);
  return [...statements]
    .map((statement) => ({ fact, statement, contract: contract[statement], generated: generated[statement] }))
    .filter((pair) => !isDeepStrictEqual(pair.contract, pair.generated));
}
