import { describe, expect, test } from "vitest";
import { createOutboundPolicy, isPublicAddress } from "./outbound-policy.ts";

const target = (url: string) => {
  const { protocol, hostname, port } = new URL(url);
  const known = Number(port) || (protocol === "https:" ? 443 : 80);
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port: known };
};

describe("isPublicAddress", () => {
  test.each([
    ["loopback", ["127.0.0.1", "127.255.255.254", "::1"]],
    ["private, RFC 1918", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"]],
    ["unique local", ["fc00::1", "fd00::1", "fd12:3456::1"]],
    ["link-local and site-local", ["169.254.1.1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1"]],
    ["metadata", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"]],
    ["carrier-grade NAT", ["100.64.0.1", "100.127.255.255"]],
    ["multicast and broadcast", ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1"]],
    ["unspecified, this network", ["0.0.0.0", "0.1.2.3", "::"]],
    ["reserved", ["240.0.0.1", "192.0.0.1", "100::1", "4000::1"]],
    ["documentation", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]],
    ["benchmark", ["198.18.0.1", "198.19.255.255", "2001:2::1"]],
    [
      "private IPv4 mapped, compatible, translated",
      ["::ffff:10.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:10.0.0.1"],
    ],
    ["NAT64 of private IPv4", ["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808"]],
    ["6to4 and Teredo", ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "2001:0:808:808::1"]],
    ["no address", ["", "localhost", "127.1", "0177.0.0.1", "2130706433", "1.2.3.4.5", "10.0.0.1/8"]],
  ])("refuses %s", (_, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  test("passes the public internet", () => {
    const addresses = [
      "8.8.8.8",
      "172.15.255.255",
      "172.32.0.1",
      "100.63.255.255",
      "100.128.0.1",
      "169.253.1.1",
      "2606:4700:4700::1111",
      "::ffff:8.8.8.8",
      "64:ff9b::808:808",
    ];
    expect(addresses.filter((address) => !isPublicAddress(address))).toEqual([]);
  });
});

describe("GATEHOUSE_OUTBOUND_ALLOW", () => {
  test.each([
    ["idp.internal", "https://idp.internal/", "10.0.0.1", undefined],
    ["idp.internal", "http://IDP.internal.:8080/", "10.0.0.1", undefined],
    ["idp.internal", "https://other.internal/", "10.0.0.1", "address_refused"],
    ["idp.internal", "https://x.idp.internal/", "10.0.0.1", "address_refused"],
    ["idp.internal:8443", "https://idp.internal:8443/", "10.0.0.1", undefined],
    ["idp.internal:8443", "https://idp.internal/", "10.0.0.1", "address_refused"],
    ["idp.internal:443", "https://idp.internal/", "10.0.0.1", undefined],
    ["10.1.0.0/16", "https://any.example/", "10.1.2.3", undefined],
    ["10.1.0.0/16", "http://any.example/", "::ffff:10.1.2.3", undefined],
    ["10.1.0.0/16", "https://any.example/", "10.2.0.1", "address_refused"],
    ["10.1.0.0/16", "http://any.example/", "8.8.8.8", "scheme_refused"],
    ["fd00::/8", "https://any.example/", "fd12::1", undefined],
    ["fd00::/8", "https://any.example/", "10.0.0.1", "address_refused"],
    ["127.0.0.1", "https://any.example/", "127.0.0.1", undefined],
    ["127.0.0.1:9000", "http://127.0.0.1:9000/", "127.0.0.1", undefined],
    ["127.0.0.1:9000", "http://127.0.0.1:9001/", "127.0.0.1", "address_refused"],
    ["[::1]:9000", "http://[::1]:9000/", "::1", undefined],
    ["[::1]", "http://[::1]:9000/", "::1", undefined],
  ])("%s: %s at %s is %s", (entry, url, address, expected) => {
    const policy = createOutboundPolicy({ allow: [entry], allowHttp: false });
    expect(policy.judge(target(url), address)).toBe(expected);
  });

  test.each([
    "",
    "10.0.0.0/33",
    "https://idp.internal",
    "idp.internal/path",
    "a b",
    "host:0",
    "host:70000",
    "*:80x",
  ])("%j cannot be read", (entry) => {
    const make = () => createOutboundPolicy({ allow: [entry], allowHttp: false });
    expect(make).toThrow(`GATEHOUSE_OUTBOUND_ALLOW has "${entry}": it must be host, host:port or CIDR`);
  });
});

describe("http", () => {
  test("is refused before any name is resolved, unless an entry might allow it", () => {
    const at = target("http://app.example/");
    expect(createOutboundPolicy({ allow: [], allowHttp: false }).mayUseScheme(at)).toBe(false);
    expect(createOutboundPolicy({ allow: ["other.example"], allowHttp: false }).mayUseScheme(at)).toBe(false);
    expect(createOutboundPolicy({ allow: ["app.example"], allowHttp: false }).mayUseScheme(at)).toBe(true);
    expect(createOutboundPolicy({ allow: ["10.0.0.0/8"], allowHttp: false }).mayUseScheme(at)).toBe(true);
  });

  test("may be allowed to public addresses, and stays refused to private ones", () => {
    const policy = createOutboundPolicy({ allow: [], allowHttp: true });
    expect(policy.judge(target("http://app.example/"), "8.8.8.8")).toBeUndefined();
    expect(policy.judge(target("http://app.example/"), "10.0.0.1")).toBe("address_refused");
  });

  test.each(["ftp://app.example/", "file:///etc/passwd", "data:,x", "ws://app.example/"])(
    "%s never",
    (url) => {
      expect(
        createOutboundPolicy({ allow: ["app.example"], allowHttp: true }).mayUseScheme(target(url)),
      ).toBe(false);
    },
  );
});
