import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadMaster, makeSecrets } from "./secrets.ts";

const secrets = makeSecrets("one master key, long enough to be one");
const others = makeSecrets("another master key, long enough as well");

describe("a sealed secret", () => {
  test("comes back as it was, and never looks the same twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (plain) => {
        const sealed = secrets.seal(plain);
        expect(secrets.open(sealed)).toBe(plain.toWellFormed());
        expect(secrets.seal(plain)).not.toBe(sealed);
      }),
    );
  });

  test("does not open under another key", () => {
    expect(() => others.open(secrets.seal("x"))).toThrow(/another master key/);
  });

  test("does not open when a byte of it was changed", () => {
    const sealed = secrets.seal("some secret");
    const at = sealed.lastIndexOf(".") + 3;
    const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
    expect(() => secrets.open(changed)).toThrow(/authenticate/);
  });
});

describe("a stored hash", () => {
  test("matches its secret only, and only under its key", () => {
    const hash = secrets.hash("password");
    expect(secrets.matches("password", hash)).toBe(true);
    expect(secrets.matches("Password", hash)).toBe(false);
    expect(others.matches("password", hash)).toBe(false);
  });

  test("outlives the master key when the hashing key does", () => {
    const hashing = randomBytes(32);
    const [before, after] = [makeSecrets("old", hashing), makeSecrets("new", hashing)];
    expect(after.matches("password", before.hash("password"))).toBe(true);
    expect(secrets.matches("password", before.hash("password"))).toBe(false);
  });

  test("that is not there matches nothing", () => {
    expect(secrets.matches("", undefined)).toBe(false);
    expect(secrets.matches("0".repeat(64), undefined)).toBe(false);
  });
});

describe("the master key", () => {
  test("is made once, kept closed, and found again", () => {
    const folder = mkdtempSync(join(tmpdir(), "waybill-secret-"));
    const first = loadMaster(folder, undefined);
    const file = join(folder, "secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toMatch(/^[\w-]{43}$/);
    expect(loadMaster(folder, undefined)).toBe(first);
    rmSync(folder, { recursive: true });
  });

  test("that is given is used and not written down", () => {
    const folder = mkdtempSync(join(tmpdir(), "waybill-secret-"));
    const given = "a given master key, long enough to be one";
    expect(loadMaster(folder, given)).toBe(given);
    expect(existsSync(join(folder, "secret"))).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
