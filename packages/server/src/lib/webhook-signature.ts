/** Signs requests as Standard Webhooks wants it: secrets, and the three headers that receivers verify. */
import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";

/**
 * A new signing secret. The SDKs split at `_` and decode the rest strictly: padded base64 of the standard alphabet, which
 * has no `_`.
 * @returns `whsec_` and 32 random bytes
 */
export function newSigningSecret(): string {
  return `${prefix}${randomBytes(32).toString("base64")}`;
}

/** What is signed. */
export interface SignedMessage {
  id: string;
  /** Of the attempt, not of the event: receivers refuse what is older than five minutes. */
  at: Date;
  /** As it is sent, to the byte. */
  body: string;
}

/**
 * The headers of one request, in lower case, as the SDKs look them up.
 * @param secrets one signature each; a receiver is content with any that fits (Standard Webhooks, "Signature scheme")
 */
export function signatureHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const text = `${message.id}.${timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(text, "utf8").digest("base64")}`;
  });
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
