import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { base64url, compactVerify, createLocalJWKSet, exportJWK, SignJWT } from "jose";
import * as client from "openid-client";
import { beforeAll, describe, expect, test } from "vitest";
import { addressRefused, OutboundError } from "../../lib/outbound-error.ts";
import { evidenceOf } from "./advice-evidence.ts";

const issuer = "https://op.example.com";
const now = Math.floor(Date.now() / 1000);
const good = { iss: issuer, aud: "gatehouse", sub: "ada", iat: now, exp: now + 300, nonce: "nonce1" };
const header = { alg: "RS256", kid: "kid1" };
const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
let keys: ReturnType<typeof createLocalJWKSet>;
beforeAll(async () => {
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(key.publicKey)), kid: "kid1", alg: "RS256" }] });
});

interface Bend {
  claims?: Record<string, unknown>;
  header?: { alg: string; kid?: string };
  key?: KeyObject;
  iss?: string;
  reply?: () => Response;
}

/** What the library throws at an answer that is bent, and what is read from it. */
async function evidence(bend: Bend) {
  const server = { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` };
  const configuration = new client.Configuration(server, "gatehouse", "secret");
  const id_token = await token(bend);
  const tokens = () => Response.json({ access_token: "at", token_type: "Bearer", id_token });
  configuration[client.customFetch] = async () => (bend.reply ?? tokens)();
  const url = new URL(`https://rp.example.com/?code=c&state=s&iss=${encodeURIComponent(bend.iss ?? issuer)}`);
  try {
    await client.authorizationCodeGrant(configuration, url, { expectedState: "s", expectedNonce: "nonce1" });
    await compactVerify(id_token, keys);
  } catch (error) {
    return evidenceOf(error);
  }
  throw new Error("nothing was refused");
}

async function token(bend: Bend): Promise<string> {
  const claims = { ...good, ...bend.claims };
  const written = bend.header ?? header;
  if (written.alg === "none")
    return `${[written, claims].map((part) => base64url.encode(JSON.stringify(part))).join(".")}.`;
  const secret = written.alg === "HS256" ? new Uint8Array(32) : (bend.key ?? key.privateKey);
  return new SignJWT(claims).setProtectedHeader(written).sign(secret);
}

describe("the reason, what was seen and what was expected", () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  const cases: [string, Bend, Record<string, unknown>][] = [
    [
      "an old token",
      { claims: { iat: now - 7200, exp: now - 3600 } },
      { reason: "id_token_expired", observed: `valid until ${at(now - 3600)}` },
    ],
    [
      "a token of the future",
      { claims: { nbf: now + 3600 } },
      { reason: "id_token_not_yet_valid", observed: `valid from ${at(now + 3600)}` },
    ],
    [
      "another audience",
      { claims: { aud: "another" } },
      { reason: "id_token_audience_mismatch", observed: "another", expected: "gatehouse" },
    ],
    [
      "another issuer",
      { claims: { iss: "https://evil.example" } },
      { reason: "id_token_issuer_mismatch", observed: "https://evil.example", expected: issuer },
    ],
    [
      "another nonce",
      { claims: { nonce: "other" } },
      { reason: "id_token_nonce_mismatch", observed: "other", expected: "nonce1" },
    ],
    [
      "another issuer of the answer",
      { iss: "https://evil.example" },
      { reason: "answer_issuer_mismatch", observed: "https://evil.example", expected: issuer },
    ],
    ["no signature", { header: { alg: "none" } }, { reason: "id_token_unsigned", observed: "alg none" }],
    [
      "a shared secret",
      { header: { alg: "HS256" } },
      { reason: "id_token_algorithm_refused", observed: "alg HS256", expected: "RS256" },
    ],
    ["an unknown key", { header: { alg: "RS256", kid: "kid2" } }, { reason: "id_token_key_unknown" }],
    ["a wrong signature", { key: stranger.privateKey }, { reason: "id_token_signature_mismatch" }],
    [
      "503",
      { reply: () => new Response("Down", { status: 503 }) },
      { reason: "provider_failing", observed: expect.stringContaining("answered 503") },
    ],
    ["a page", { reply: () => new Response("<html>") }, { reason: "provider_unreadable" }],
  ];
  test.each(cases)("of %s", async (_what, bend, expected) => {
    expect(await evidence(bend)).toMatchObject(expected);
  });

  test.each([
    [new OutboundError("timeout", "op.example.com", "took too long"), "provider_too_slow"],
    [new OutboundError("tls", "op.example.com", "bad certificate"), "provider_unreachable"],
    [addressRefused("op.internal", ""), "provider_unreachable"],
    [new OutboundError("too_large", "op.example.com", "too large"), "provider_unreadable"],
  ])("of the network: %s", (error, reason) => {
    expect(evidenceOf(new Error("wrapped", { cause: error }))).toEqual({ reason, observed: error.message });
  });
});

test("other errors say no more than their message", () => {
  const loop = new Error("loop");
  loop.cause = loop;
  for (const error of [new Error("x"), loop, "text", null, undefined, { claim: "constructor" }])
    expect(evidenceOf(error)).toBeUndefined();
});
