import { expect, test } from "vitest";
import { addressRefused, outboundErrorFrom } from "./outbound-error.ts";

const coded = (code: string): Error => Object.assign(new Error(`seen ${code} at 10.0.0.1`), { code });
const failed = (cause: unknown): TypeError => new TypeError("fetch failed", { cause });

test.each([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "tls"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "tls"],
  ["CERT_HAS_EXPIRED", "tls"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "tls"],
  ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
  ["ETIMEDOUT", "timeout"],
  ["ENOTFOUND", "unreachable"],
  ["ECONNREFUSED", "unreachable"],
  ["EHOSTUNREACH", "unreachable"],
])("%s is %s, and no address shows", (code, reason) => {
  const error = outboundErrorFrom(failed(coded(code)), "idp.example");
  expect(error).toMatchObject({ reason, host: "idp.example" });
  expect(error.message).not.toContain("10.0.0.1");
  expect(error.detail).toContain(`${code} seen ${code} at 10.0.0.1`);
});

test("the errors of several addresses are looked through", () => {
  const all = new AggregateError([coded("EHOSTUNREACH"), coded("CERT_HAS_EXPIRED")]);
  expect(outboundErrorFrom(failed(all), "idp.example").reason).toBe("tls");
});

test("an error of ours among the causes stays itself", () => {
  const own = addressRefused("idp.example", "10.0.0.1");
  expect(outboundErrorFrom(failed(own), "other.example")).toBe(own);
});

test("causes that run in a circle, and what is no error", () => {
  const circle = new Error("a");
  circle.cause = circle;
  expect(outboundErrorFrom(circle, "idp.example").reason).toBe("unreachable");
  expect(outboundErrorFrom("text", "idp.example").reason).toBe("unreachable");
});
