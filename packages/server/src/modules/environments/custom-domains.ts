/**
 * Custom domains: a domain of the customer's own at which an environment answers, and which is its issuer. It is in
 * use once its DNS record is found; the environment's own address, which the record names, keeps answering.
 */
import { parse } from "tldts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { resolveCname } from "../../lib/dns.ts";
import { addressAt, customDomainOf } from "./addresses.ts";
import type { EnvironmentRow } from "./environments.store.ts";
import * as store from "./environments.store.ts";
import { environmentErrors as errors } from "./errors.ts";
import * as install from "./install.ts";
import { reach } from "./reach.ts";

const dnsTimeoutMs = 3_000;

/** The record that the owner of the domain adds: it names the environment, so it proves for which one it is meant. */
export interface DnsRecord {
  name: string;
  value: string;
}

/** @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT */
export async function requiredRecord(ctx: Ctx, id: string, domain: string): Promise<DnsRecord> {
  const row = await install.get(ctx, id);
  return recordOf(row, checked(domain));
}

/** Looks the record up, and changes nothing. @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT, CUSTOM_DOMAIN_RECORDS */
export async function verify(ctx: Ctx, id: string, domain: string): Promise<void> {
  const record = await requiredRecord(ctx, id, domain);
  const seen = await lookUp(ctx, record);
  if (!seen.isRight) throw errors.CUSTOM_DOMAIN_RECORDS(record.name, record.value, seen.words);
}

/**
 * Notes the domain that the environment is to have. One in use goes on being so until the new one's record is found.
 * @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_DOMAIN_TAKEN, INVALID_ARGUMENT
 */
export async function create(ctx: Ctx, id: string, domain: string): Promise<EnvironmentRow> {
  const name = checked(domain);
  return inTransaction(await reach(ctx, id), async (ctx) => {
    const all = await store.listLocked(ctx.db);
    const row = all.find((each) => each.id === ctx.environmentId);
    if (!row) throw errors.ENVIRONMENT_NOT_FOUND(id);
    const address = addressOf(row, name);
    install.refuseTaken(all, row.id, address);
    const status = row.base_url !== null && row.public_url === address ? "ACTIVE" : "PENDING";
    return install.change(ctx, { custom_domain: name, custom_domain_status: status });
  });
}

/**
 * Looks the record up now; once it is found, the domain is in use and stays so, whatever the DNS says later.
 * @throws ENVIRONMENT_NOT_FOUND, CUSTOM_DOMAIN_MISSING, ENVIRONMENT_DOMAIN_TAKEN
 */
export async function check(ctx: Ctx, id: string): Promise<EnvironmentRow> {
  const row = await install.get(ctx, id);
  if (row.custom_domain === null) throw errors.CUSTOM_DOMAIN_MISSING();
  if (row.custom_domain_status === "ACTIVE") return row;
  const at = await reach(ctx, id);
  // No transaction is open while the DNS takes its time.
  const seen = await lookUp(ctx, recordOf(row, row.custom_domain));
  if (seen.isRight) return activate(at, row.custom_domain);
  return install.change(at, { custom_domain_status: seen.isOther ? "FAILED" : "PENDING" });
}

async function activate(ctx: Ctx, domain: string): Promise<EnvironmentRow> {
  return inTransaction(ctx, async (ctx) => {
    const all = await store.listLocked(ctx.db);
    const row = all.find((each) => each.id === ctx.environmentId);
    // Another domain was asked for meanwhile.
    if (!row || row.custom_domain !== domain) throw errors.CUSTOM_DOMAIN_MISSING();
    const address = addressOf(row, domain);
    install.refuseTaken(all, row.id, address);
    return install.change(ctx, {
      public_url: address,
      base_url: row.base_url ?? row.public_url,
      custom_domain_status: "ACTIVE",
    });
  });
}

interface Seen {
  isRight: boolean;
  /** The name leads somewhere else. */
  isOther: boolean;
  words: string;
}

async function lookUp(ctx: Ctx, { name, value }: DnsRecord): Promise<Seen> {
  const options = { servers: ctx.app.config.dns, timeoutMs: dnsTimeoutMs };
  try {
    const targets = (await resolveCname(name, options)).map((target) => target.toLowerCase());
    const words = targets.length === 0 ? "no CNAME" : `CNAME ${targets.join(", ")}`;
    const isRight = targets.includes(value);
    return { isRight, isOther: targets.length > 0 && !isRight, words };
  } catch (error) {
    return { isRight: false, isOther: false, words: `no answer (${(error as Error).message})` };
  }
}

function recordOf(row: EnvironmentRow, domain: string): DnsRecord {
  return { name: domain, value: new URL(row.base_url ?? row.public_url).hostname };
}

function addressOf(row: EnvironmentRow, domain: string): string {
  const address = addressAt(row.base_url ?? row.public_url, domain);
  if (address === undefined) throw new RangeError(`${domain} makes no address`);
  return address;
}

/** @throws INVALID_ARGUMENT */
function checked(domain: string): string {
  const name = customDomainOf(domain);
  if (name !== undefined && parse(name, { allowPrivateDomains: true }).domain !== null) return name;
  throw invalidArgument(
    "custom_domain",
    "string.hostname",
    "value must be a host name below a public suffix",
  );
}
