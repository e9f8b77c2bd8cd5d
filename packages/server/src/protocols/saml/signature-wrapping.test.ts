/** XML signature wrapping (XSW 1 to 8) and its relatives: a signed part moved aside, a forged one in its place. */
import { describe, expect, test } from "vitest";
import {
  decode,
  encode,
  NOW,
  reasonOf,
  usualExpectations,
  usualIdp,
  usualInput,
  VICTIM,
} from "../../testing/saml-messages.ts";
import {
  ASSERTION_ATTACKS,
  type Attack,
  child,
  forge,
  newElement,
  RESPONSE_ATTACKS,
  wrap,
} from "../../testing/saml-wrapping.ts";
import { NS } from "./names.ts";
import { verifyResponse } from "./response.ts";

const idp = usualIdp();

async function attack(sign: "response" | "assertion" | "both", act: Attack): Promise<string[]> {
  const response = await idp.issueResponse(usualInput({ sign }));
  const message = wrap(response, sign === "response" ? "response" : "assertion", act);
  return (["response", "assertion", "both", "either"] as const).map((signed) =>
    reasonOf(() => verifyResponse(message, usualExpectations({ signed }), NOW)),
  );
}

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
