/**
 * The official Node SDK as tables: reflection says which methods a client object has, and each of them must have a
 * case that calls it and sees it succeed, or a line in left-out.ts.
 */
import { Scalekit } from "@scalekit-sdk/node";
import { describe, expect, test, vi } from "vitest";
import { leftOut } from "./left-out.ts";

type Method = (...args: never[]) => unknown;
type MethodsOf<T> = { [M in keyof T]: T[M] extends Method ? M : never }[keyof T];
type ClientObject = Exclude<keyof Scalekit, MethodsOf<Scalekit>>;

/** A client object of the SDK by its name; `client` is the client itself. */
export type Area = "client" | ClientObject;

type Of<A extends Area> = A extends ClientObject ? Scalekit[A] : Scalekit;

/** What the reference says of each method, as a test. */
export type Cases<A extends Area> = { [M in MethodsOf<Of<A>>]?: () => Promise<void> };

/** Any client will do to be looked at; nothing is sent before a method is called. */
const specimen = new Scalekit("http://localhost", "id", "secret");

/** Objects of the SDK that are private in its types. */
const inner = new Set(["coreClient", "grpcConnect"]);

/** Every client object of the SDK, found by reflection, and `client`. */
export function areas(): Area[] {
  const objects = Object.keys(specimen).filter((name) => !inner.has(name));
  return ["client", ...objects.map((name) => name as ClientObject)];
}

/** Every method of a client object, found by reflection, in the SDK's order. */
export function methodsOf(area: Area): string[] {
  const members = Object.getOwnPropertyNames(Object.getPrototypeOf(clientOf(specimen, area)));
  return members.filter((name) => name !== "constructor");
}

/**
 * Registers a test for each method of a client object. It passes when its case does, and when the method itself
 * returned in it at least once without an error.
 */
export function describeMethods<A extends Area>(area: A, sdk: () => Scalekit, cases: Cases<A>): void {
  const documented = methodsOf(area).filter((method) => !(`${area}.${method}` in leftOut));
  describe(area === "client" ? "client" : `client.${area}`, () => {
    test.each(documented)("%s", async (method) => {
      const run = (cases as Record<string, (() => Promise<void>) | undefined>)[method];
      if (run === undefined) throw new Error(`${area}.${method} needs a case, or a reason in left-out.ts`);
      const spy = vi.spyOn(clientOf(sdk(), area) as unknown as Record<string, Method>, method);
      try {
        await run();
        expect(spy.mock.settledResults.map(({ type }) => type)).toContain("fulfilled");
      } finally {
        spy.mockRestore();
      }
    });
  });
}

function clientOf(sdk: Scalekit, area: Area): object {
  return area === "client" ? sdk : sdk[area];
}
