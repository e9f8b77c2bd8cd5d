/**
 * What every job is given.
 */
import type { Gatehouse } from "./gatehouse.ts";
import type { Postgres } from "./postgres.ts";

export type Bench = {
  postgres: Postgres;
  /** True when only the peers and the limits are measured. */
  peersOnly: boolean;
  /** Our server on that PostgreSQL, started by the first job that asks; undefined when `peersOnly`. */
  gatehouse: () => Promise<Gatehouse | undefined>;
};
