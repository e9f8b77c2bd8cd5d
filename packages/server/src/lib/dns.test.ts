/** Look-ups of DNS records, against a real server on loopback. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DnsServer, startDnsServer } from "../testing/dns-server.ts";
import { isNameServer, resolveCname, resolveTxt } from "./dns.ts";

let dns: DnsServer;
beforeAll(async () => {
  dns = await startDnsServer();
});
afterAll(() => dns.stop());

const lookUp = (name: string) => resolveTxt(name, { servers: [dns.address], timeoutMs: 1_000 });

describe("resolveTxt", () => {
  test("returns each record as one text, however it is cut", async () => {
    const long = "x".repeat(600);
    dns.txt.set("acme.example", ["v=spf1 -all", long, ""]);
    expect((await lookUp("acme.example")).sort()).toEqual(["", "v=spf1 -all", long]);
  });

  test("finds nothing at a name without TXT records, and at none", async () => {
    dns.txt.set("bare.example", []);
    expect(await lookUp("bare.example")).toEqual([]);
    expect(await lookUp("nowhere.example")).toEqual([]);
  });

  test("says that a server failed, which is not the same as nothing", async () => {
    dns.failure = 2;
    await expect(lookUp("acme.example")).rejects.toMatchObject({ code: "ESERVFAIL" });
    dns.failure = undefined;
  });
});

test("resolveCname finds what a name stands for, and nothing at a name with other records or none", async () => {
  const options = { servers: [dns.address], timeoutMs: 1_000 };
  dns.cname.set("www.acme.example", "acme.host.example");
  dns.txt.set("acme.example", ["v=spf1 -all"]);
  expect(await resolveCname("www.acme.example", options)).toEqual(["acme.host.example"]);
  expect(await resolveCname("acme.example", options)).toEqual([]);
  expect(await resolveCname("nowhere.example", options)).toEqual([]);
});

test.each([
  ["192.0.2.1", true],
  ["192.0.2.1:5353", true],
  ["[2001:db8::1]:53", true],
  ["dns.example", false],
  ["192.0.2.1:x", false],
  ["", false],
])("isNameServer(%j) is %s", (address, expected) => {
  expect(isNameServer(address)).toBe(expected);
});
