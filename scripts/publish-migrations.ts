/**
 * Records the migrations of a release: from then on the architecture test fails when one of them changes. Run it
 * when a version is tagged. A file that was recorded before keeps its checksum.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readMigrations } from "../packages/server/src/db/migrate.ts";

const file = new URL("../packages/server/src/db/migrations/checksums.json", import.meta.url);
const published: Record<string, string> = JSON.parse(readFileSync(file, "utf8"));
const current = Object.fromEntries(readMigrations().map(({ name, checksum }) => [name, checksum]));
writeFileSync(file, `${JSON.stringify({ ...current, ...published }, null, 2)}\n`);
