/** The body of an error, as Okta's test suite reads it. */
import { expect, test } from "vitest";
import { badRequest, quote, ScimError } from "./errors.ts";

test("an error's status is text, and its scimType stands only where there is one", () => {
  expect(badRequest("invalidFilter", "Expected …").toBody()).toEqual({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: "400",
    scimType: "invalidFilter",
    detail: "Expected …",
  });
  expect(Object.keys(new ScimError(404, "No such user.").toBody())).toEqual(["schemas", "status", "detail"]);
});

test("text from outside is quoted and cut", () => {
  expect(quote('a"\n')).toBe('"a\\"\\n"');
  expect(quote("x".repeat(1000))).toHaveLength(82);
});
