/** The choice of the test file that proves a method, and what a run says of it afterwards. */
import { expect, test } from "vitest";
import { broken, chooseProofs, type Seen } from "./proofs.ts";

const method = "scalekit.v1.user_attributes.UserAttributeService/CreateUserAttribute";
const modules = "packages/server/src/modules";
const own = `${modules}/user-attributes/user-attributes.test.ts`;

const seen = (file: string, methods: string[], title = "a story"): Seen => ({
  file,
  tests: [{ title, methods }],
});
const chosen = (...all: Seen[]) => chooseProofs(all, {})[method];

test.each<[string, string, Seen[]]>([
  [
    "the case of the SDK's reference",
    "e2e/sdk-reference/a.test.ts",
    [seen(own, [method]), seen("e2e/sdk-reference/a.test.ts", [method, "x"], "createUserAttribute")],
  ],
  [
    "no preparation of another case",
    own,
    [seen(own, [method, "x", "y"]), seen("e2e/sdk-reference/a.test.ts", [method])],
  ],
  ["the module's own tests", own, [seen(own, [method, "x"]), seen(`${modules}/auth/a.test.ts`, [method])]],
  [
    "the test that does least besides",
    own,
    [seen(own, [method]), seen(own.replace("/user-a", "/a-"), [method, "x"])],
  ],
  [
    "the test of the method's name",
    own,
    [seen(own, [method, "x", "y"], "createUserAttribute"), seen(own.replace("/user-a", "/a-"), [method])],
  ],
])("is %s", (_why, file, all) => {
  expect(chosen(...all)).toBe(file);
  expect(chosen(...all.toReversed())).toBe(file);
});

test("is no test that walks over all methods", () => {
  expect(chosen(seen("packages/server/src/tenancy.test.ts", [method]))).toBeUndefined();
});

test("stays what it was while its file is not run, and goes when its file proves it no more", () => {
  const before = { [method]: "scripts/proofs.test.ts" };
  expect(chooseProofs([], { [method]: "e2e/cli.test.ts" })).toEqual({ [method]: "e2e/cli.test.ts" });
  expect(chooseProofs([], { [method]: "e2e/gone.test.ts" })).toEqual({});
  expect(chooseProofs([seen("scripts/proofs.test.ts", ["x"])], before)).toEqual({});
});

test("is broken when its file passes without it", () => {
  const proofs = { [method]: own, other: "e2e/other.test.ts" };
  expect(broken(proofs, seen(own, [method]))).toEqual([]);
  expect(broken(proofs, seen(own, ["x"]))).toEqual([method]);
  expect(broken(proofs, { file: own, tests: [] })).toEqual([method]);
});
