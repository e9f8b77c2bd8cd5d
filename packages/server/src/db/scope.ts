/** What a store works within: a connection and the environment that every query is bound to. */
import type { Db } from "./db.ts";

export interface Scope {
  db: Db;
  environmentId: string;
}

/** The name of the unique index that a statement broke (SQLSTATE 23505), else undefined. */
export function brokenUniqueIndex(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "23505") return undefined;
  return "constraint" in error && typeof error.constraint === "string" ? error.constraint : undefined;
}

/** Whether a row refers to one that was deleted meanwhile (SQLSTATE 23503). */
export function isMissingParent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23503";
}

/** Whether a statement ran longer than any may (SQLSTATE 57014). */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "57014";
}

/** Whether somebody else holds a row that was to be held without waiting for it (SQLSTATE 55P03). */
export function isHeldElsewhere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "55P03";
}

/** Whether PostgreSQL ended this transaction to free others that waited for it (SQLSTATE 40P01). */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "40P01";
}
