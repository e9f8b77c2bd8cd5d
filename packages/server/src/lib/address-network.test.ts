import { expect, test } from "vitest";
import { networkOf } from "./address-network.ts";

test.each([
  ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
  ["2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"],
  ["2001:db8:0:2::1", "2001:db8:0:2::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["203.0.113.7", "203.0.113.7"],
  ["", ""],
  ["not:an:address", "not:an:address"],
])("%j counts as %j", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
