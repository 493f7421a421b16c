import type { DkimAlgorithm, DkimKey } from "@waybill/schemas";
import { expect, test } from "vitest";
import { dkimKeysFor } from "./dkim-keys.ts";
import { Directory } from "./directory.ts";

type Given = Partial<DkimKey> & { selector: string; domain: string };

const keyOf = ({ selector, domain, ...rest }: Given): DkimKey => ({
  kind: "dkimkey",
  id: `${selector}._domainkey.${domain}`,
  selector,
  domain,
  algorithm: "rsa",
  publicKey: "p",
  sealedPrivateKey: "s",
  createdAt: "2026-01-01T00:00:00.000Z",
  ...rest,
});

const put = (directory: Directory, entity: DkimKey, isThere = true) =>
  directory.apply({
    tenant: "t1",
    kind: entity.kind,
    id: entity.id,
    time: entity.createdAt,
    actor: "test",
    reason: "test",
    entity: isThere ? entity : null,
  });

function given(...keys: Given[]): Directory {
  const directory = new Directory();
  for (const key of keys) put(directory, keyOf(key));
  return directory;
}

const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
const selectors = (directory: Directory, domain: string, tenant = "t1") =>
  dkimKeysFor(directory.dkimKeys(tenant), domain).map(({ selector }) => selector);

const ed25519: { algorithm: DkimAlgorithm } = { algorithm: "ed25519" };

test("one key of each algorithm signs, whatever the case of the domain", () => {
  const directory = given(
    { selector: "e", domain: "x.test", ...ed25519 },
    { selector: "r", domain: "x.test" },
  );
  expect(selectors(directory, "X.Test")).toEqual(["r", "e"]);
  expect(selectors(directory, "x.test", "t2")).toEqual([]);
});

test("of several the newest signs whose record is in DNS, and the newest where none is", () => {
  const old = { selector: "old", domain: "x.test", createdAt: at(1) };
  const next = { selector: "next", domain: "x.test", createdAt: at(2) };
  expect(selectors(given(old, next), "x.test")).toEqual(["next"]);
  expect(selectors(given({ ...old, verifiedAt: at(1) }, next), "x.test")).toEqual(["old"]);
  const both = given({ ...old, verifiedAt: at(1) }, { ...next, verifiedAt: at(3) });
  expect(selectors(both, "x.test")).toEqual(["next"]);
});

test("the nearest domain with a key signs for those within it, never for one beside or above it", () => {
  const directory = given(
    { selector: "upper", domain: "x.test" },
    { selector: "lower", domain: "a.x.test" },
  );
  const asked = ["b.a.x.test", "a.x.test", "c.x.test", "x.test", "ax.test", "test", "[192.0.2.1]"];
  expect(asked.map((one) => selectors(directory, one))).toEqual([
    ["lower"],
    ["lower"],
    ["upper"],
    ["upper"],
    [],
    [],
    [],
  ]);
});

test("a key that is removed signs no more", () => {
  const directory = given({ selector: "r", domain: "x.test" });
  expect(selectors(directory, "x.test")).toEqual(["r"]);
  put(directory, keyOf({ selector: "r", domain: "x.test" }), false);
  expect(selectors(directory, "x.test")).toEqual([]);
});
