import * as fc from "fast-check";
import { expect, test } from "vitest";
import { newMessageId } from "./ids.ts";
import { makeReturnPaths } from "./return-path.ts";
import { makeSecrets } from "./secrets.ts";

const paths = makeReturnPaths(makeSecrets("a master key of a test, long enough"));
const address = fc.tuple(fc.string({ minLength: 1 }), fc.domain()).map((of) => of.join("@"));
const tenant = fc.stringMatching(/^[a-z0-9-]{1,40}$/);

const days = (count: number) => Date.now() + count * 86_400_000;

test("one is read back as what it was made for, in any case, and fits a local part", () => {
  fc.assert(
    fc.property(tenant, address, fc.boolean(), (of, recipient, isLoud) => {
      const messageId = newMessageId();
      const made = paths.make(of, messageId, recipient);
      const read = paths.read(of, isLoud ? made.toUpperCase() : made);
      expect(Buffer.byteLength(made)).toBeLessThanOrEqual(64);
      expect(made).toMatch(/^[a-z0-9+.]+$/);
      expect(read?.messageId).toBe(messageId);
      expect(read && paths.isFor(of, read, recipient)).toBe(true);
      expect(read && paths.isFor(of, read, `other${recipient}`)).toBe(false);
    }),
  );
});

test("one with any octet changed is none", () => {
  const made = paths.make("acme", newMessageId(), "ann@y.test");
  fc.assert(
    fc.property(fc.nat(made.length - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
      const other = String.fromCharCode(code);
      const changed = made.slice(0, at) + other + made.slice(at + 1);
      fc.pre(other.toLowerCase() !== made[at]);
      expect(paths.read("acme", changed)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test("one of another tenant, or of another installation, is none, and neither is any text", () => {
  const made = paths.make("acme", newMessageId(), "ann@y.test");
  expect(paths.read("globex", made)).toBeUndefined();
  const others = makeReturnPaths(makeSecrets("another master key of a test, long"));
  expect(others.read("acme", made)).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => paths.read("acme", text) === undefined));
});

const at = (count: number) =>
  makeReturnPaths(makeSecrets("a master key of a test, long enough"), () => days(count));

test("one is good for 30 days", () => {
  const made = paths.make("acme", newMessageId(), "ann@y.test");
  expect(at(29).read("acme", made)).toBeDefined();
  expect(at(31).read("acme", made)).toBeUndefined();
});
