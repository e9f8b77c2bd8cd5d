import { expect, test } from "vitest";
import { clientIpReader } from "./client-ip.ts";

const read = clientIpReader(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);

test.each([
  ["nobody forwarded", "203.0.113.1", undefined, "203.0.113.1"],
  ["a stranger claims another address", "203.0.113.1", "198.51.100.9", "203.0.113.1"],
  ["a proxy forwards", "10.1.1.1", "198.51.100.9", "198.51.100.9"],
  [
    "the client wrote an entry of its own before the proxy's",
    "10.1.1.1",
    "1.1.1.1, 198.51.100.9",
    "198.51.100.9",
  ],
  ["two proxies in a row", "10.1.1.1", "198.51.100.9, 192.0.2.7", "198.51.100.9"],
  ["only proxies", "10.1.1.1", "10.2.2.2", "10.2.2.2"],
  ["garbage", "10.1.1.1", "198.51.100.9, unknown", "10.1.1.1"],
  ["IPv4 in IPv6", "::ffff:10.1.1.1", "::ffff:198.51.100.9", "198.51.100.9"],
  ["IPv6", "fd00::1", "2001:db8::5", "2001:db8::5"],
])("%s", (_what, socketAddress, forwarded, expected) => {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  expect(read(socketAddress, headers)).toBe(expected);
});

test("without trusted proxies the header counts for nothing", () => {
  expect(clientIpReader([])("10.1.1.1", { "x-forwarded-for": "1.1.1.1" })).toBe("10.1.1.1");
});

test("an entry that is no address is refused at start", () => {
  expect(() => clientIpReader(["proxy.example"])).toThrow('"proxy.example"');
});
