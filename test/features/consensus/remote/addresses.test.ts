import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../../../src/features/consensus/remote/addresses.ts";

/** IANA's special-purpose registries, and the parts of global unicast in which IPv4 addresses are wrapped. */
const RESERVED_4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const;
const RESERVED_6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

const networks4 = new BlockList();
for (const [network, prefix] of RESERVED_4) networks4.addSubnet(network, prefix, "ipv4");
const networks6 = new BlockList();
for (const [network, prefix] of RESERVED_6) networks6.addSubnet(network, prefix, "ipv6");

describe("isPublicAddress", () => {
  test.each(RESERVED_4)("refuses the first and the last address of %s/%i", (network, prefix) => {
    const first = network.split(".").reduce((sum, byte) => 256 * sum + Number(byte), 0);
    const textOf = (value: number): string => [24, 16, 8, 0].map((bits) => (value >>> bits) & 255).join(".");
    expect(isPublicAddress(textOf(first))).toBe(false);
    expect(isPublicAddress(textOf(first + 2 ** (32 - prefix) - 1))).toBe(false);
  });

  test("refuses every IPv4 address of a special network, and its IPv6 forms", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        if (networks4.check(address, "ipv4")) expect(isPublicAddress(address)).toBe(false);
        for (const prefix of ["::ffff:", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:"])
          expect(isPublicAddress(`${prefix}${address}`)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("refuses every IPv6 address outside of global unicast, and of its special networks", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const isGlobal = /^[23][0-9a-f]{3}:/i.test(address);
        if (!isGlobal || networks6.check(address, "ipv6")) expect(isPublicAddress(address)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "127.1",
    "0x08080808",
    "fe80::1%eth0",
    "2606:4700::1111%1",
    "",
  ])("refuses %j, which is not an address in its usual notation", (address) =>
    expect(isPublicAddress(address)).toBe(false),
  );

  test.each(["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001:80b::200e"])(
    "accepts %s",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});
