import type { Domain } from "@waybill/schemas";
import { beforeEach, expect, it } from "vitest";
import { Directory } from "./directory.ts";
import { isSenderDomain } from "./sender-domains.ts";

const now = "2026-01-01T00:00:00.000Z";
let directory: Directory;

function put(tenant: string, id: string, verifiedAt?: string, isGone = false): void {
  const domain: Domain = { kind: "domain", id, token: "t", createdAt: now };
  const entity = { ...domain, ...(verifiedAt === undefined ? {} : { verifiedAt }) };
  const change = { time: now, actor: "test", reason: "test" };
  directory.apply({ tenant, kind: "domain", id, ...change, entity: isGone ? null : entity });
}

beforeEach(() => {
  directory = new Directory();
  put("acme", "good.test", now);
  put("acme", "xn--bcher-kva.test", now);
  put("acme", "mail.half.test", now);
  put("acme", "declared.test");
  put("globex", "other.test", now);
});

it.each([
  ["good.test", true],
  ["GOOD.test", true],
  ["mail.good.test", true],
  ["a.b.c.good.test", true],
  ["bücher.test", true],
  ["mail.half.test", true],
  ["half.test", false],
  ["notgood.test", false],
  ["good.test.evil.test", false],
  ["g\u043Eod.test", false],
  ["declared.test", false],
  ["other.test", false],
  ["test", false],
  ["[192.0.2.1]", false],
  ["", false],
])("acme may send from %j: %s", (domain, may) => {
  expect(isSenderDomain(directory, "acme", domain)).toBe(may);
});

it("ends when the domain is removed, for that tenant alone", () => {
  put("globex", "good.test", now);
  put("acme", "good.test", undefined, true);
  expect(isSenderDomain(directory, "acme", "mail.good.test")).toBe(false);
  expect(isSenderDomain(directory, "globex", "mail.good.test")).toBe(true);
});
