import { expect, test } from "vitest";
import { newSigningSecret, signatureHeaders } from "./webhook-signature.ts";

test("signs as the published vector", () => {
  const body =
    '{"spec_version":"1","id":"evt_1","type":"organization.created","object":"Organization",' +
    '"occurred_at":"2026-01-01T00:00:00Z","environment_id":"env_1","organization_id":"org_1",' +
    '"data":{"id":"org_1","display_name":"Acme"}}';
  const message = { id: "msg_spec_0001", at: new Date(1_767_225_600_999), body };
  expect(signatureHeaders(message, ["whsec_c3BlY2lmaWNhdGlvbi10ZXN0LWtleTI0"])).toEqual({
    "webhook-id": "msg_spec_0001",
    "webhook-timestamp": "1767225600",
    "webhook-signature": "v1,rxmW0pdffN/OtJ7fbb+hmWCsuT1+vThL818s1Lp6/DQ=",
  });
});

test("gives a signature for each secret, with one blank between", () => {
  const message = { id: "dlv_1", at: new Date(0), body: "{}" };
  const secrets = [newSigningSecret(), newSigningSecret()];
  const { "webhook-signature": text = "" } = signatureHeaders(message, secrets);
  const parts = text.split(" ");
  expect(parts).toHaveLength(2);
  for (const part of parts) expect(Buffer.from(part.slice(3), "base64")).toHaveLength(32);
});

test("makes secrets that split at their one underscore into standard base64 of 32 bytes", () => {
  for (let made = 0; made < 50; made++) {
    const parts = newSigningSecret().split("_");
    expect(parts).toEqual(["whsec", expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/)]);
  }
});
