/**
 * What an identity provider may send that is too much: documents of 5 MB, hundreds of certificates and attributes.
 * Each is taken or refused while everybody else waits, so each has 200 ms; the memory that they leave is told too.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type SamlTarget, samlLogin } from "../flows/saml-login.ts";
import type { Bench } from "../lib/bench.ts";
import { selfSignedCertificate } from "../lib/certificate.ts";
import { apiOf, appOf, createTenant, type Gatehouse, startGatehouse } from "../lib/gatehouse.ts";
import { Connection } from "../lib/http-client.ts";
import { createIdentityProvider, type IdentityProvider, newKeyPair } from "../lib/identity-provider.ts";
import { peakResidentMb, residentMb } from "../lib/linux-processes.ts";
import { median } from "../lib/load.ts";
import { progress, round } from "../lib/report.ts";

const DOMAIN = "hostile.example.com";
const LIMIT_MS = 200;
const TIMES = 5;
// A little below the limit of 5 MiB, so that not the size decides.
const SIZE = 5_240_000;

type Outcome = { ms: number; answer: string };
type Measured = Record<string, Outcome>;
type Tenant = {
  server: Gatehouse;
  import: (source: object) => Promise<string>;
  target: SamlTarget;
  provider: IdentityProvider;
};

/** Runs the job and answers its line; `ours` is the slowest, and `ratio` the share that it takes of the limit. */
export async function runHostileMetadata({ postgres, peersOnly }: Bench): Promise<object> {
  const line = { job: "hostile-metadata", peer: null, limit: null, target: LIMIT_MS, unit: "ms" };
  if (peersOnly) return { ...line, ours: null, ratio: null };
  const documents = documentsOf(createIdentityProvider(DOMAIN));
  await using host = await serveDocuments(documents);
  const server = await startGatehouse(await postgres.createDatabase("bench_hostile"), host.address);
  try {
    const tenant = await createHostileTenant(server);
    const before = memoryOf(server);
    const cases: Measured = {
      ...(await runImports(tenant, documents, host.address)),
      ...(await runLogins(tenant)),
    };
    const slowest = Math.max(...Object.values(cases).map(({ ms }) => ms));
    return {
      ...line,
      ours: slowest,
      ratio: round(slowest / LIMIT_MS, 2),
      cases,
      rss_mb: { before, ...memoryOf(server) },
    };
  } finally {
    await server.stop();
  }
}

async function runImports(
  tenant: Tenant,
  documents: Record<string, string>,
  address: string,
): Promise<Measured> {
  const measured: Measured = {};
  for (const name of Object.keys(documents)) {
    measured[name] = await timed(name, () => tenant.import({ url: `http://${address}/${name}` }));
  }
  measured.pasted_5mb = await timed("pasted_5mb", () => tenant.import({ xml: documents.text ?? "" }));
  return measured;
}

/** Logins with 500 attributes; then with 200 trusted certificates of which the last one has signed. */
async function runLogins({ server, target, provider, ...tenant }: Tenant): Promise<Measured> {
  const connection = await Connection.open(server.port);
  const attributes = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`urn:group:${index}`, `value ${index}`]),
  );
  const signing = {
    ...provider,
    respond: (url: string, email: string) => provider.respond(url, email, attributes),
  };
  const login = async (by: IdentityProvider) => {
    await samlLogin(connection, target, by, `person@${DOMAIN}`);
    return "signed in";
  };
  await tenant.import({ xml: provider.metadata });
  const attributes_500 = await timed("attributes_500", () => login(signing));
  const others = certificatesOf(199);
  await tenant.import({ xml: withCertificates(provider, others) });
  const certificates_200_login = await timed("certificates_200_login", () => login(provider));
  connection.close();
  return { attributes_500, certificates_200_login };
}

async function timed(name: string, once: () => Promise<string>): Promise<Outcome> {
  const times: number[] = [];
  let answer = "";
  for (let time = 0; time < TIMES; time++) {
    const before = performance.now();
    answer = await once();
    times.push(performance.now() - before);
  }
  const ms = round(median(times), 1);
  progress(`  ${name}: ${ms} ms, ${answer}`);
  return { ms, answer };
}

async function createHostileTenant(server: Gatehouse): Promise<Tenant> {
  const provider = createIdentityProvider(DOMAIN);
  const { entityId: idp_entity_id, ssoUrl: idp_sso_url, certificate: idp_certificate } = provider;
  const saml_config = { idp_entity_id, idp_sso_url, idp_certificate };
  const { organizationId, connectionId } = await createTenant(server, DOMAIN, "SAML", { saml_config });
  const call = await apiOf(server);
  const path = `/organizations/${organizationId}/connections/${connectionId}:import_metadata`;
  const take = (source: object) =>
    call("POST", path, source).then(
      () => "taken over",
      (error: Error) => /"message": ?"([^"]{0,160})/.exec(error.message)?.[1] ?? error.message,
    );
  const target = { ...appOf(server), selector: { connection_id: connectionId } };
  return { server, import: take, target, provider };
}

/** Documents by name, all well-formed: what is wrong with them is their size alone. */
function documentsOf(provider: IdentityProvider): Record<string, string> {
  const { metadata } = provider;
  const room = SIZE - metadata.length - 100;
  const filled = (piece: string, times = Math.floor(room / piece.length)) => {
    const filling = piece.repeat(times).padEnd(room);
    return metadata.replace("<md:IDPSSODescriptor", `<md:Extensions><x>${filling}</x></md:Extensions>$&`);
  };
  return {
    text: filled("text "),
    comment: filled("@").replace(/@+/, ({ length }) => `<!--${"x".repeat(length - 7)}-->`),
    elements: filled("<x>text</x>"),
    elements_9900: filled("<x>text</x>", 9_900),
    attributes: filled('<x a="1" b="2" c="3" d="4"/>'),
    references: filled("&amp;"),
    over_5mb: filled("text ") + " ".repeat(200_000),
    certificates_200: withCertificates(provider, certificatesOf(199)),
    certificates_2000: withCertificates(provider, certificatesOf(2_000)),
  };
}

function certificatesOf(count: number): string[] {
  const keys = newKeyPair();
  return Array.from({ length: count }, (_, index) => selfSignedCertificate(`Key ${index}`, keys));
}

/** The same metadata with more signing certificates before its own. */
function withCertificates({ metadata }: IdentityProvider, certificates: string[]): string {
  const own = /<md:KeyDescriptor.*<\/md:KeyDescriptor>/.exec(metadata)?.[0] ?? "";
  const others = certificates.map((pem) => {
    const base64 = pem.replaceAll(/-----[^-]+-----|\s/g, "");
    return own.replace(/(<ds:X509Certificate>)[^<]*/, `$1${base64}`);
  });
  return metadata.replace(own, others.join("") + own);
}

async function serveDocuments(
  documents: Record<string, string>,
): Promise<AsyncDisposable & { address: string }> {
  const server = createServer((request, response) => response.end(documents[(request.url ?? "").slice(1)]));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function memoryOf({ pid }: Gatehouse): { now: number | null; most: number | null } {
  if (process.platform !== "linux") return { now: null, most: null };
  return { now: round(residentMb(pid), 0), most: round(peakResidentMb(pid), 0) };
}
