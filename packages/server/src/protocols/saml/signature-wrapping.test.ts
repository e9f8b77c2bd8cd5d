/** XML signature wrapping (XSW 1 to 8) and its relatives: a signed part moved aside, a forged one in its place. */
import { DOMParser, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";
import { describe, expect, test } from "vitest";
import {
  ATTACKER,
  decode,
  encode,
  NOW,
  reasonOf,
  usualExpectations,
  usualIdp,
  usualInput,
  VICTIM,
} from "../../testing/saml-messages.ts";
import { NS } from "./names.ts";
import { verifyResponse } from "./response.ts";

type Parts = { document: Document; response: Element; assertion: Element; signature: Element };
type Attack = (parts: Parts) => void;

const idp = usualIdp();

async function attack(sign: "response" | "assertion" | "both", act: Attack): Promise<string[]> {
  const document = new DOMParser().parseFromString(
    decode(await idp.issueResponse(usualInput({ sign }))),
    "text/xml",
  );
  const response = document.documentElement as Element;
  const assertion = child(response, NS.assertion, "Assertion");
  const signature = child(sign === "response" ? response : assertion, NS.signature, "Signature");
  act({ document, response, assertion, signature });
  const message = encode(new XMLSerializer().serializeToString(document));
  return (["response", "assertion", "both", "either"] as const).map((signed) =>
    reasonOf(() => verifyResponse(message, usualExpectations({ signed }), NOW)),
  );
}

function child(parent: Element, namespace: string, name: string): Element {
  const found = Array.from(parent.childNodes).find(
    (node) => node.localName === name && node.namespaceURI === namespace,
  );
  if (!found) throw new Error(`no ${name}`);
  return found as Element;
}

/** The copy keeps the ID or gets another; its identity becomes the attacker's. */
function forge(element: Element, id?: string): Element {
  const copy = element.cloneNode(true) as Element;
  if (id) copy.setAttribute("ID", id);
  for (const node of Array.from(copy.getElementsByTagNameNS(NS.assertion, "NameID")))
    node.textContent = ATTACKER;
  return copy;
}

function withoutSignature(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  for (const node of Array.from(copy.childNodes)) if (node.localName === "Signature") copy.removeChild(node);
  return copy;
}

function newElement(document: Document, namespace: string, name: string, content: Element): Element {
  const made = document.createElementNS(namespace, name);
  made.appendChild(content);
  return made;
}

/** Turns the root into the forgery, the original response going wherever `place` puts it. */
function forgeRoot({ response }: Parts, id: string | undefined, place: (original: Element) => void): void {
  const original = withoutSignature(response);
  for (const node of Array.from(response.getElementsByTagNameNS(NS.assertion, "NameID")))
    node.textContent = ATTACKER;
  if (id) response.setAttribute("ID", id);
  place(original);
}

const RESPONSE_ATTACKS: Record<string, (id?: string) => Attack> = {
  "XSW1, the signed response inside the signature": (id) => (parts) =>
    forgeRoot(parts, id, (original) => ownSignature(parts).appendChild(original)),
  "XSW2, the signed response beside the signature": (id) => (parts) =>
    forgeRoot(parts, id, (original) => parts.response.insertBefore(original, ownSignature(parts))),
  "the signed response in Extensions": (id) => (parts) =>
    forgeRoot(parts, id, (original) => {
      const extensions = newElement(parts.document, NS.protocol, "samlp:Extensions", original);
      parts.response.insertBefore(extensions, ownSignature(parts));
    }),
};

function ownSignature({ response }: Parts): Element {
  return child(response, NS.signature, "Signature");
}

const ASSERTION_ATTACKS: Record<string, (id?: string) => Attack> = {
  "XSW3, a forged assertion before the signed one": (id) => (parts) =>
    parts.response.insertBefore(withoutSignature(forge(parts.assertion, id)), parts.assertion),
  "a forged assertion behind the signed one": (id) => (parts) =>
    parts.response.appendChild(withoutSignature(forge(parts.assertion, id))),
  "XSW4, a forged assertion around the signed one": (id) => (parts) => {
    const forged = withoutSignature(forge(parts.assertion, id));
    parts.response.replaceChild(forged, parts.assertion);
    forged.appendChild(parts.assertion);
  },
  "XSW5, the signature in the forgery, the original at the end": (id) => (parts) => {
    parts.response.appendChild(withoutSignature(parts.assertion));
    parts.response.replaceChild(forge(parts.assertion, id), parts.assertion);
  },
  "XSW6, the original inside the signature of the forgery": (id) => (parts) => {
    const forged = forge(parts.assertion, id);
    child(forged, NS.signature, "Signature").appendChild(withoutSignature(parts.assertion));
    parts.response.replaceChild(forged, parts.assertion);
  },
  "XSW7, the forgery in Extensions": (id) => (parts) => {
    const extensions = newElement(
      parts.document,
      NS.protocol,
      "samlp:Extensions",
      forge(parts.assertion, id),
    );
    parts.response.insertBefore(extensions, parts.assertion);
  },
  "XSW8, the original in an Object of the signature": (id) => (parts) => {
    const forged = forge(parts.assertion, id);
    const original = newElement(parts.document, NS.signature, "Object", withoutSignature(parts.assertion));
    child(forged, NS.signature, "Signature").appendChild(original);
    parts.response.replaceChild(forged, parts.assertion);
  },
  "the original in the KeyInfo of the forgery": (id) => (parts) => {
    const forged = forge(parts.assertion, id);
    const keyInfo = child(child(forged, NS.signature, "Signature"), NS.signature, "KeyInfo");
    keyInfo.appendChild(withoutSignature(parts.assertion));
    parts.response.replaceChild(forged, parts.assertion);
  },
  "the original in the Advice of the forgery": (id) => (parts) => {
    const forged = withoutSignature(forge(parts.assertion, id));
    forged.appendChild(
      newElement(parts.document, NS.assertion, "saml:Advice", parts.assertion.cloneNode(true) as Element),
    );
    parts.response.replaceChild(forged, parts.assertion);
  },
  "a forged subject inside the signature": (_id) => (parts) => {
    const subject = forge(child(parts.assertion, NS.assertion, "Subject"));
    parts.signature.appendChild(subject);
  },
};

const VERDICTS = ["signature_wrapped", "duplicate_id"];

describe("every wrapping is refused, with a new ID and with the same one, whatever must be signed", () => {
  for (const id of ["_forged", undefined]) {
    test.each(Object.entries(RESPONSE_ATTACKS))(`%s (ID ${id ?? "kept"})`, async (_name, make) => {
      for (const sign of ["response", "both"] as const) {
        for (const verdict of await attack(sign, make(id))) expect(VERDICTS).toContain(verdict);
      }
    });

    test.each(Object.entries(ASSERTION_ATTACKS))(`%s (ID ${id ?? "kept"})`, async (_name, make) => {
      for (const sign of ["assertion", "both"] as const) {
        for (const verdict of await attack(sign, make(id))) {
          expect([...VERDICTS, "digest_mismatch"]).toContain(verdict);
        }
      }
    });
  }
});

describe("relatives of wrapping", () => {
  test("a document that is only parsed and written again is accepted, so the attacks fail for what they change", async () => {
    expect(await attack("both", () => {})).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  });

  test("any change of what was signed is refused", async () => {
    for (const change of [
      VICTIM,
      "admins",
      "_request1",
      "2030-01-01T12:05",
      "cm:bearer",
      "sp.example.com/metadata",
    ]) {
      const xml = decode(await idp.issueResponse(usualInput({ sign: "assertion" })));
      const at = xml.lastIndexOf(change);
      const changed = `${xml.slice(0, at)}x${xml.slice(at + 1)}`;
      const verdict = reasonOf(() => verifyResponse(encode(changed), usualExpectations(), NOW));
      expect(verdict).toBe("digest_mismatch");
    }
  });

  test("an added attribute statement is refused", async () => {
    const verdicts = await attack("assertion", ({ assertion }) => {
      assertion.appendChild(forge(child(assertion, NS.assertion, "AttributeStatement")));
    });
    expect(new Set(verdicts)).toEqual(new Set(["digest_mismatch"]));
  });

  test("an assertion outside the response, or of another namespace, is not found", async () => {
    const nested = await attack("assertion", ({ document, response, assertion }) => {
      response.appendChild(newElement(document, NS.protocol, "samlp:Extensions", assertion));
    });
    expect(new Set(nested)).toEqual(new Set(["signature_wrapped"]));
    const xml = decode(await idp.issueResponse(usualInput({ sign: "response" })));
    const renamed = xml.replace(
      '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
      '<saml:Assertion xmlns:saml="urn:x"',
    );
    expect(reasonOf(() => verifyResponse(encode(renamed), usualExpectations(), NOW))).toBe("digest_mismatch");
  });

  test("two signatures in one element are refused", async () => {
    const verdicts = await attack("assertion", ({ assertion, signature }) => {
      assertion.appendChild(signature.cloneNode(true));
    });
    expect(new Set(verdicts)).toEqual(new Set(["signature_wrapped"]));
  });
});

describe("documents that canonicalize alike but read differently are refused", () => {
  const change = async (from: string, to: string) => {
    const xml = decode(await idp.issueResponse(usualInput({ sign: "assertion" })));
    expect(xml).toContain(from);
    return reasonOf(() => verifyResponse(encode(xml.replace(from, to)), usualExpectations(), NOW));
  };

  test("a processing instruction, which xml-crypto renders as text", async () => {
    expect(await change(`>${VICTIM}</saml:NameID>`, `><?x ${VICTIM}?></saml:NameID>`)).toBe("xml_unusual");
  });

  test("an attribute whose name starts with xmlns, which it leaves out", async () => {
    expect(await change("<saml:NameID ", '<saml:NameID xmlnsx="1" ')).toBe("xml_unusual");
  });

  test("a namespace with quotes, which it writes without escaping", async () => {
    expect(await change("<saml:NameID ", `<saml:NameID xmlns:y='a"b' `)).toBe("xml_unusual");
  });

  test("a prefix bound to a second namespace", async () => {
    expect(await change("<saml:NameID ", '<saml:NameID xmlns:saml="urn:x" ')).toBe("xml_unusual");
  });

  test("a comment inside a signed part is read over, never as an end", async () => {
    expect(await change(VICTIM, "mia@acme.test<!---->")).toBe("accepted");
    const cut = await idp.issueResponse(usualInput({ sign: "assertion", nameId: `${VICTIM}.evil.com` }));
    const commented = encode(decode(cut).replace(`${VICTIM}.evil.com<`, `${VICTIM}<!---->.evil.com<`));
    expect(verifyResponse(commented, usualExpectations(), NOW).nameId.value).toBe(`${VICTIM}.evil.com`);
  });
});
