import { assert, ipV4, ipV6, oneof, property, string, stringMatching } from "fast-check";
import { describe, expect, test } from "vitest";
import { literalOf, plainHost, whyNot } from "./address.ts";

const judge = (host: string, allow: string[] = []) => {
  const literal = literalOf(plainHost(host));
  return literal === undefined ? "a name" : whyNot(literal, allow);
};

describe("an address is judged by what it is, however it is spelled", () => {
  test.each([
    ["8.8.8.8", undefined],
    ["8.8.8.8.", undefined],
    ["2606:4700::1111", undefined],
    ["[2606:4700::1111]", undefined],
    ["127.0.0.1", "loopback"],
    ["127.0.0.1.", "loopback"],
    ["127.1", "loopback"],
    ["127.0.1", "loopback"],
    ["0x7f000001", "loopback"],
    ["0x7f.1", "loopback"],
    ["0177.0.0.1", "loopback"],
    ["017700000001", "loopback"],
    ["2130706433", "loopback"],
    ["[::1]", "loopback"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
    ["0.0.0.0", "unspecified"],
    ["0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["::", "unspecified"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["172.32.0.1", undefined],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "carrierGradeNat"],
    ["100.100.100.200", "carrierGradeNat"],
    ["169.254.169.254", "linkLocal"],
    ["168.63.129.16", "metadata"],
    ["fd00:ec2::254", "uniqueLocal"],
    ["fe80::1", "linkLocal"],
    ["fe80::1%lo", "zone"],
    ["2606:4700::1111%eth0", "zone"],
    ["224.0.0.1", "multicast"],
    ["ff02::1", "multicast"],
    ["255.255.255.255", "broadcast"],
    ["192.0.2.1", "reserved"],
    ["198.51.100.1", "reserved"],
    ["203.0.113.1", "reserved"],
    ["198.18.0.1", "reserved"],
    ["192.0.0.192", "reserved"],
    ["240.0.0.1", "reserved"],
    ["2001:db8::1", "reserved"],
    ["3fff::1", "reserved"],
    ["fec0::1", "deprecatedSiteLocal"],
    ["100::1", "discard"],
    ["4000::1", "unassigned"],
    ["2002:7f00:1::", "6to4"],
    ["2002:808:808::1", "6to4"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "teredo"],
    ["::ffff:10.0.0.1", "private"],
    ["[::ffff:10.0.0.1]", "private"],
    ["::ffff:7f00:1", "loopback"],
    ["::ffff:8.8.8.8", undefined],
    ["::127.0.0.1", "loopback"],
    ["::8.8.8.8", undefined],
    ["::ffff:0:127.0.0.1", "loopback"],
    ["64:ff9b::169.254.169.254", "linkLocal"],
    ["64:ff9b::7f00:1", "loopback"],
    ["64:ff9b::8.8.8.8", undefined],
    ["64:ff9b:1::10.0.0.1", "private"],
    ["64:ff9b:1::8.8.8.8", undefined],
    ["64:ff9b:1::", "unspecified"],
    ["64:ff9b:1:a00:0:100::", "private"],
    ["64:ff9b:1:a00:0:100:808:808", "private"],
    ["64:ff9b:1:a:0:1::", "private"],
    ["64:ff9b:1:0:a:0:100:0", "private"],
    ["localhost", "a name"],
    ["127.0.0.1.nip.io", "a name"],
    ["256.1.1.1", "a name"],
  ])("%s: %s", (host, why) => {
    expect(judge(host)).toBe(why);
  });
});

describe("the operator's list", () => {
  test.each([
    ["127.0.0.1", ["127.0.0.0/8"], undefined],
    ["::ffff:127.0.0.1", ["127.0.0.0/8"], undefined],
    ["64:ff9b::127.0.0.1", ["127.0.0.0/8"], undefined],
    ["::1", ["::1/128"], undefined],
    ["64:ff9b:1::10.0.0.1", ["64:ff9b:1::/48"], undefined],
    ["127.0.0.1", ["10.0.0.0/8"], "loopback"],
    ["10.1.0.1", ["10.0.0.0/16"], "private"],
    ["::1", ["127.0.0.0/8"], "loopback"],
  ])("%s with %j: %s", (host, allow, why) => {
    expect(judge(host, allow)).toBe(why);
  });
});

test("an IPv4 address is judged alike in all the clothes of IPv6", () => {
  assert(
    property(ipV4(), (address) => {
      const inClothes = ["::ffff:", "::", "64:ff9b::"].map((prefix) => judge(prefix + address));
      expect(new Set(inClothes)).toEqual(new Set([judge(address)]));
    }),
  );
});

test("what is judged and what is connected to are one: the literal's literal is itself", () => {
  const texts = oneof(ipV6(), string(), stringMatching(/^[0-9a-fx.:%[\]]{1,40}$/));
  assert(
    property(texts, (host) => {
      const literal = literalOf(plainHost(host)) ?? "";
      expect(literalOf(literal) ?? "").toBe(literal);
      expect(judge(literal)).toBe(judge(host));
    }),
  );
});
