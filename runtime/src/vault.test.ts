import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownFact, putEntity } from "./control.ts";
import { followDirectory } from "./follow-directory.ts";
import { makeSecrets } from "./secrets.ts";
import { startLog, type LogServer } from "./testing/log-server.ts";
import { makeVault } from "./vault.ts";

let log: LogServer;
beforeAll(async () => {
  log = await startLog();
});
afterAll(() => log[Symbol.asyncDispose]());

const secrets = makeSecrets("one master key, long enough to be one");

/** A vault as a process of its own has it. */
async function openVault(under = secrets) {
  const directory = await followDirectory(log.nats);
  return { directory, vault: makeVault(log.nats, directory, under) };
}

describe("a secret of a tenant", () => {
  test("comes back as it was, and never looks the same twice", async () => {
    const { vault, directory } = await openVault();
    const text = fc.string({ unit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(text, async (plain) => {
        const sealed = await vault.seal("texts", plain);
        expect(vault.open("texts", sealed)).toBe(plain.toWellFormed());
        expect(await vault.seal("texts", plain)).not.toBe(sealed);
      }),
    );
    expect(directory.entities("texts", "datakey").map(({ id }) => id)).toEqual(["1"]);
  });

  test("opens as no other tenant's, not even under the same data key", async () => {
    const { vault, directory } = await openVault();
    const sealed = await vault.seal("a", "some secret");
    expect(sealed).toMatch(/^t1\.1\.[\w-]{16}\.[\w-]+$/);
    expect(() => vault.open("b", sealed)).toThrow(/not there/);
    await vault.seal("b", "another");
    expect(() => vault.open("b", sealed)).toThrow(/authenticate/);
    const stolen = directory.find("a", "datakey", "1")?.entity;
    expect(stolen).toBeDefined();
    if (stolen === undefined) return;
    await directory.reached(await putEntity(log.nats, ownFact("b", stolen, "test")));
    expect(() => vault.open("b", sealed)).toThrow(/authenticate/);
    expect(vault.open("a", sealed)).toBe("some secret");
  });

  test("does not open when it was changed, or names no key", async () => {
    const { vault } = await openVault();
    const sealed = await vault.seal("changed", "some secret");
    const at = sealed.lastIndexOf(".") + 3;
    const other = sealed[at] === "A" ? "B" : "A";
    const broken = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`;
    for (const one of [broken, sealed.slice(0, -8), "t1.1", "", "t1.hash.x.y"])
      expect(() => vault.open("changed", one)).toThrow(/authenticate|not there/);
  });

  test("does not open under another master key", async () => {
    const sealed = await (await openVault()).vault.seal("mine", "some secret");
    const others = await openVault(makeSecrets("another master key, long enough as well"));
    expect(() => others.vault.open("mine", sealed)).toThrow(/another master key/);
  });

  test("sealed first by two processes at once is under one key that both have", async () => {
    const [one, other] = [await openVault(), await openVault()];
    const sealed = await Promise.all([one.vault.seal("both", "x"), other.vault.seal("both", "y")]);
    expect(
      sealed.map((text) => [one.vault.open("both", text), other.vault.open("both", text)]),
    ).toEqual([
      ["x", "x"],
      ["y", "y"],
    ]);
    expect(one.directory.entities("both", "datakey")).toHaveLength(1);
  });

  test("gets a new key when the tenant's was removed with it", async () => {
    const { vault, directory } = await openVault();
    const old = await vault.seal("gone", "x");
    const key = directory.find("gone", "datakey", "1")?.entity;
    expect(key).toBeDefined();
    if (key === undefined) return;
    const removed = { ...ownFact("gone", key, "test"), entity: null };
    await directory.reached(await putEntity(log.nats, removed));
    expect(vault.open("gone", await vault.seal("gone", "y"))).toBe("y");
    expect(() => vault.open("gone", old)).toThrow(/not there/);
  });
});
