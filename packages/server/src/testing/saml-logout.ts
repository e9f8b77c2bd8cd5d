/**
 * Single logout of tests: the identity provider's side by `samlp`, which shares no code of ours, and messages written
 * by hand for what it never sends.
 */
import { type KeyObject, sign } from "node:crypto";
import { createRequire } from "node:module";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { TestApp } from "./app.ts";
import { readForm, type Visit } from "./browser.ts";
import { patchSaml } from "./connections.ts";
import { decode, encode, signByHand } from "./saml-messages.ts";
import { createSamlTenant, type SamlTenant } from "./sign-in.ts";

/** A session at the identity provider, as it knows it. */
export interface Participant {
  nameId: string;
  sessionIndex: string;
}

/** A message on its way through the browser: an address, or a form. */
export interface Carried {
  url: string;
  form?: Record<string, string>;
}

export interface LogoutTenant extends SamlTenant {
  sloUrl: string;
  idpSloUrl: string;
  /** Our signing certificate, from our metadata. */
  spCertificate: string;
}

type Answer = { error?: Error; status?: number; carried?: Carried };
type Handler = (request: object, response: object, next: (error?: Error) => void) => void;

const BINDINGS = {
  redirect: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
  post: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
} as const;
const require = createRequire(import.meta.url);

/** A tenant whose identity provider wants to be told of sign-outs. */
export async function createLogoutTenant(
  app: TestApp,
  binding: keyof typeof BINDINGS = "redirect",
  config: Record<string, unknown> = {},
): Promise<LogoutTenant> {
  const tenant = await createSamlTenant(app);
  const idpSloUrl = `https://idp.example.com/slo/${tenant.connectionId}`;
  const patched = await patchSaml(app, tenant, {
    idp_slo_url: idpSloUrl,
    idp_slo_required: true,
    idp_slo_request_binding: binding === "post" ? "HTTP_POST" : "HTTP_REDIRECT",
    ...config,
  });
  if (patched.status !== 200) throw new Error(JSON.stringify(patched.body));
  const metadata = await (await fetch(`${tenant.entityId}/metadata`)).text();
  const certificate = /X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
  const sloUrl = /SingleLogoutService [^>]*Location="([^"]+)"/.exec(metadata)?.[1] ?? "";
  return { ...tenant, idpSloUrl, sloUrl, spCertificate: certificate.replace(/\s/g, "") };
}

/** The identity provider of `samlp`, with the sessions that it has. */
export class LogoutIdp {
  readonly sessions: { serviceProviderId: string; nameId: string }[];
  readonly #handle: Handler;

  constructor(
    tenant: LogoutTenant,
    participants: Participant[],
    binding: keyof typeof BINDINGS = "redirect",
  ) {
    const samlp = require("samlp") as { logout(options: object): Handler };
    const Participants = require("samlp/lib/sessionParticipants") as new (all: object[]) => object;
    const states = new Map<string, object>();
    this.sessions = participants.map((each) => ({
      serviceProviderId: tenant.entityId,
      serviceProviderLogoutURL: tenant.sloUrl,
      nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
      cert: tenant.spCertificate,
      binding: BINDINGS[binding],
      ...each,
    }));
    this.#handle = samlp.logout({
      issuer: tenant.idp.entityId,
      cert: tenant.idp.certificate,
      key: tenant.idp.privateKey.export({ type: "pkcs8", format: "pem" }),
      deflate: binding === "redirect",
      protocolBinding: BINDINGS[binding],
      sessionParticipants: new Participants(this.sessions),
      store: storeOf(states),
    });
  }

  /** Gives it a message of ours, or none, with which it begins a logout by itself. */
  async take(carried?: Carried): Promise<Answer> {
    const query = carried && !carried.form ? Object.fromEntries(new URL(carried.url).searchParams) : {};
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const response = {
      set: () => {},
      redirect: (url: string) => resolve({ carried: { url } }),
      send: (body: string | number) => resolve(typeof body === "number" ? { status: body } : posted(body)),
    };
    this.#handle({ query, body: carried?.form ?? {} }, response, (error) =>
      resolve(error ? { error } : { status: 404 }),
    );
    return promise;
  }
}

function posted(page: string): Answer {
  const url = /action="([^"]+)"/.exec(page)?.[1] ?? "";
  const inputs = [...page.matchAll(/name="([^"]+)"\s+value="([^"]*)"/g)];
  const form = Object.fromEntries(inputs.map(([, name = "", value = ""]) => [name, plain(value)]));
  return { carried: { url: plain(url), form } };
}

function plain(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

function storeOf(states: Map<string, object>) {
  let handles = 0;
  type Done = (error: null, value?: unknown) => void;
  return {
    save(_request: object, state: object, done: Done) {
      const handle = `state-${++handles}`;
      states.set(handle, state);
      done(null, handle);
    },
    load(_request: object, handle: string, options: object | Done, done?: Done) {
      (done ?? (options as Done))(null, states.get(handle));
    },
    update(_request: object, handle: string, state: object, done: Done) {
      states.set(handle, state);
      done(null);
    },
  };
}

/** The message that our answer sends on, by redirect or by the form of a page. */
export function carriedBy(visit: Visit): Carried {
  if (visit.location !== "") return { url: visit.location };
  const { action, fields } = readForm(visit.body);
  return { url: action, form: fields };
}

/** The XML of a carried message. */
export function xmlOf({ url, form }: Carried): string {
  const name = (values: { get(name: string): string | null | undefined }) =>
    values.get("SAMLRequest") ?? values.get("SAMLResponse") ?? "";
  if (form) return decode(name(new Map(Object.entries(form))));
  return inflateRawSync(Buffer.from(name(new URL(url).searchParams), "base64")).toString("utf8");
}

let requests = 0;

export interface RequestChanges {
  id?: string;
  issuer?: string;
  destination?: string;
  /** Seconds from now. */
  notOnOrAfter?: number;
  issued?: number;
  sessionIndexes?: string[];
}

/** A LogoutRequest of the tenant's identity provider, written by hand and not signed. */
export function logoutRequest(
  app: TestApp,
  tenant: LogoutTenant,
  nameId: string,
  changes: RequestChanges = {},
): string {
  const at = (seconds: number) => new Date(app.app.now().getTime() + seconds * 1000).toISOString();
  const indexes = (changes.sessionIndexes ?? []).map((each) => `<p:SessionIndex>${each}</p:SessionIndex>`);
  const until = changes.notOnOrAfter === undefined ? "" : ` NotOnOrAfter="${at(changes.notOnOrAfter)}"`;
  return `<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="${
    changes.id ?? `_request-${++requests}`
  }" Version="2.0" IssueInstant="${at(changes.issued ?? 0)}" Destination="${
    changes.destination ?? tenant.sloUrl
  }"${until}><Issuer>${changes.issuer ?? tenant.idp.entityId}</Issuer><NameID>${nameId}</NameID>${indexes.join("")}</p:LogoutRequest>`;
}

/** Signed inside, as the POST binding carries it. */
export function byPost(tenant: LogoutTenant, xml: string, key: KeyObject = tenant.idp.privateKey): Carried {
  return { url: tenant.sloUrl, form: { SAMLRequest: encode(signByHand(xml, { key, xpath: "/*" })) } };
}

/** Signed in the query, as the redirect binding carries it. */
export function byRedirect(
  tenant: LogoutTenant,
  xml: string,
  how: { key?: KeyObject; relayState?: string; parameter?: string; algorithm?: string } = {},
): Carried {
  const parts = [
    `${how.parameter ?? "SAMLRequest"}=${encodeURIComponent(deflateRawSync(xml).toString("base64"))}`,
  ];
  if (how.relayState !== undefined) parts.push(`RelayState=${encodeURIComponent(how.relayState)}`);
  const algorithm = how.algorithm ?? "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  parts.push(`SigAlg=${encodeURIComponent(algorithm)}`);
  const hash = algorithm.endsWith("sha1") ? "sha1" : "sha256";
  const signature = sign(hash, Buffer.from(parts.join("&")), how.key ?? tenant.idp.privateKey);
  return {
    url: `${tenant.sloUrl}?${parts.join("&")}&Signature=${encodeURIComponent(signature.toString("base64"))}`,
  };
}
