/** SQL of the environment's own SAML certificates. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type SamlCertificateRow = Selectable<Database["saml_certificates"]>;

export async function insert(
  at: Scope,
  row: Insertable<Database["saml_certificates"]>,
): Promise<SamlCertificateRow> {
  return at.db.insertInto("saml_certificates").values(row).returningAll().executeTakeFirstOrThrow();
}

/** Newest first. */
export async function list(at: Scope): Promise<SamlCertificateRow[]> {
  return at.db
    .selectFrom("saml_certificates")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .orderBy("id", "desc")
    .execute();
}

/** Holds up others that make a certificate for the environment, and nobody who refers to it, until the transaction ends. */
export async function lock(at: Scope): Promise<void> {
  await at.db
    .selectFrom("environments")
    .select("id")
    .where("id", "=", at.environmentId)
    .forNoKeyUpdate()
    .execute();
}
