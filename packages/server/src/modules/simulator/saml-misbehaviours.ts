/** How a response of a misbehaving SAML identity provider differs from a good one. Pure: keys are handed in. */
import { createHash, createPublicKey } from "node:crypto";
import { encrypt } from "xml-encryption";
import type { SigningKey } from "../../protocols/saml/sign-message.ts";
import type { MisbehaviourKey } from "./misbehaviours.ts";
import type { Person } from "./people.ts";
import type { ResponseInput } from "./saml-messages.ts";

interface Bent {
  input: ResponseInput;
  person: Person;
}

const hourMs = 3_600_000;

/**
 * Bends what would be a good response.
 * @param key how; nothing changes for one that does not concern the response
 * @param untrusted a key that no connection trusts, whose certificate nobody here can decrypt for
 */
export function bend(good: Bent, key: MisbehaviourKey | undefined, untrusted: Required<SigningKey>): Bent {
  const { input, person } = good;
  const changed = (changes: Partial<ResponseInput>): Bent => ({ input: { ...input, ...changes }, person });
  switch (key) {
    case "expired":
      return changed({ now: new Date(input.now.getTime() - hourMs) });
    case "early":
      return changed({ now: new Date(input.now.getTime() + hourMs) });
    case "replayed":
      // An assertion is known by its id: the second one that carries it counts as the first one sent again.
      return changed({ assertionId: `_replayed${digest(`${input.audience} ${person.email}`)}` });
    case "wrong_audience":
      return changed({ audience: "https://another-app.example/metadata" });
    case "wrong_recipient":
      return changed({ recipient: "https://another-app.example/acs" });
    case "wrong_issuer":
      return changed({ idpEntityId: "https://another-idp.example/metadata" });
    case "unsigned":
      return changed({ signing: undefined });
    case "old_key":
      return changed({ signing: untrusted });
    case "wrong_encryption":
      return changed({ encryptTo: untrusted.certificate });
    case "missing_email":
      return { input, person: { ...person, email: "" } };
    default:
      return good;
  }
}

/**
 * Encrypts an assertion (SAML core 2.3.4) with AES-256-GCM under RSA-OAEP.
 * @param assertion XML that declares its own namespaces
 * @param certificate PEM of whoever may read it
 * @returns the EncryptedAssertion element; the prefix `saml` must be bound around it
 */
export async function encryptAssertion(assertion: string, certificate: string): Promise<string> {
  const rsa_pub = createPublicKey(certificate).export({ type: "spki", format: "pem" });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  encrypt(
    assertion,
    {
      rsa_pub,
      pem: certificate,
      encryptionAlgorithm: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
      keyEncryptionAlgorithm: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    },
    (error, encrypted) => (error ? reject(error) : resolve(encrypted)),
  );
  return `<saml:EncryptedAssertion>${await promise}</saml:EncryptedAssertion>`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
