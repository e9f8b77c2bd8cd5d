/** The OpenAPI document: what is published is made from the contract, is valid, and lists exactly what is built. */
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { services } from "../packages/server/src/app.ts";
import { bindingsOf } from "../packages/server/src/transport/bindings.ts";
import { contract } from "../packages/server/src/transport/contract.ts";
import { compileMethods } from "../packages/server/src/transport/methods.ts";

const file = new URL("../packages/contract/openapi.json", import.meta.url);
const document = JSON.parse(readFileSync(file, "utf8"));

test("it is a valid OpenAPI 3.1 document", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result).toMatchObject({ valid: true });
  expect(document.openapi).toBe("3.1.0");
});

test("it lists every binding of every built method, and nothing else", () => {
  const ours = services.map(({ service }) => service).filter((service) => !contract.includes(service));
  const built = compileMethods([...contract, ...ours], services).filter(({ handler }) => handler);
  const expected = bindingsOf(built).map(({ verb, template }) => `${verb} ${template}`);
  const listed = Object.entries(document.paths as Record<string, object>).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  expect(listed.sort()).toEqual([...new Set(expected)].sort());
});

test("operation ids are unique, and every reference leads somewhere", () => {
  const text = JSON.stringify(document);
  const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(Object.keys(document.components.schemas)).toContain(name);
  }
});

test("descriptions come from the contract's comments", () => {
  const operations = Object.values(document.paths as Record<string, object>).flatMap((verbs) =>
    Object.values(verbs),
  ) as { operationId: string; summary: string; description: string }[];
  for (const { operationId, summary, description } of operations) {
    expect([operationId, summary.length > 10, description.includes("Callers: ")]).toEqual([
      operationId,
      true,
      true,
    ]);
  }
});

test("the rules of a message bind the requests that hold it, and not the answers", () => {
  const { schemas } = document.components;
  const { default_saml_mapping: asked } = schemas["user_attributes.SSOUserAdditionInfo.Input"].properties;
  const { default_saml_mapping: answered } = schemas["user_attributes.SSOUserAdditionInfo"].properties;
  expect(asked).toMatchObject({ type: "string", maxLength: 25, pattern: "^[a-zA-Z][a-zA-Z0-9\\-_]+$" });
  // A plain field that is not set is printed as "".
  expect(Object.keys(answered).filter((name) => name !== "description")).toEqual(["type"]);
});
