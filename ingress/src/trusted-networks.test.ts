import { StartError } from "@waybill/runtime";
import { describe, expect, it } from "vitest";
import { trustedNetworks } from "./trusted-networks.ts";

describe("trusted networks", () => {
  const tenantOf = trustedNetworks(["10.1.0.0/16=one", "10.0.0.0/8=two", "2001:db8::/32=six"]);

  it.each([
    ["10.1.2.3", "one"],
    ["10.2.2.3", "two"],
    ["::ffff:10.2.2.3", "two"],
    ["2001:db8::7", "six"],
    ["192.0.2.1", undefined],
    ["2001:db9::7", undefined],
    ["", undefined],
  ])("give %s to %s", (address, tenant) => {
    expect(tenantOf(address)).toBe(tenant);
  });

  it.each([
    "10.0.0.0/8",
    "10.0.0.0=one",
    "10/8=one",
    "10.0.0.0/33=one",
    "0x0a.0.0.0/8=one",
    "=one",
    "10.0.0.0/8=One",
    "10.0.0.0/8=",
    "10.0.0.0/8=one=two",
  ])("cannot be %j", (entry) => {
    expect(() => trustedNetworks([entry])).toThrow(StartError);
  });
});
