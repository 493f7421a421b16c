import fc from "fast-check";
import { expect, it } from "vitest";
import { clientNetwork } from "./client-network.ts";

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:192.0.2.1", "192.0.2.1"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:DB8:0:0:ffff::1", "2001:db8:0:0::/64"],
  ["2001:db8:0:1::", "2001:db8:0:1::/64"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["no address", "no address"],
])("%s counts for %s", (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});

it("is the same for every host of a network, however it is written", () => {
  const group = fc.nat(0xffff);
  const eight = fc.tuple(
    fc.integer({ min: 1, max: 0xfffe }),
    ...Array<typeof group>(7).fill(group),
  );
  const property = fc.property(eight, eight, (one, other) => {
    const network = one.slice(0, 4);
    const write = (groups: number[]) => groups.map((each) => each.toString(16)).join(":");
    const longest = one.map((each) => each.toString(16).padStart(4, "0").toUpperCase()).join(":");
    const hosts = [write(one), longest, write([...network, ...other.slice(4)])];
    expect(new Set(hosts.map(clientNetwork)).size).toBe(1);
  });
  fc.assert(property);
});
