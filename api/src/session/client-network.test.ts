import { array, assert, integer, nat, property, tuple } from "fast-check";
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

const group = nat(0xffff);
const address = tuple(
  integer({ min: 1, max: 0xfffe }),
  array(group, { minLength: 7, maxLength: 7 }),
).map(([first, rest]) => [first, ...rest]);
const written = (groups: number[]) => groups.map((each) => each.toString(16)).join(":");
const inFull = (groups: number[]) =>
  groups.map((each) => each.toString(16).padStart(4, "0").toUpperCase()).join(":");

it("is the same for every host of a network, however it is written", () => {
  const isSame = property(address, address, (one, other) => {
    const neighbour = [...one.slice(0, 4), ...other.slice(4)];
    const hosts = [written(one), inFull(one), written(neighbour)];
    expect(new Set(hosts.map(clientNetwork)).size).toBe(1);
  });
  assert(isSame);
});
