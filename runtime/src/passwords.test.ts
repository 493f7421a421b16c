import { scryptSync } from "node:crypto";
import { expect, test } from "vitest";
import { hashPassword, verifyPassword } from "./passwords.ts";

test("a stored password has its own salt, and the cost that it was made with", async () => {
  const [one, other] = await Promise.all([hashPassword("p"), hashPassword("p")]);
  expect(one).toMatch(/^scrypt\$131072\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(one).not.toBe(other);
});

test.each([
  ["correct horse", true],
  ["Correct horse", false],
  ["correct horse ", false],
  ["", false],
])("of a stored password %j is told apart", async (given, isIt) => {
  expect(await verifyPassword(given, await hashPassword("correct horse"))).toBe(isIt);
});

test("a password is the same however its letters were composed", async () => {
  const stored = await hashPassword("caf\u00e9");
  expect(await verifyPassword("cafe\u0301", stored)).toBe(true);
});

test("nobody has any password, and it takes work to say so, beside which other work goes on", async () => {
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  expect(await verifyPassword("", undefined)).toBe(false);
  clearInterval(counting);
  expect(turns).toBeGreaterThan(0);
});

test("a password that was stored at another cost is still one", async () => {
  const salt = Buffer.alloc(16, 7);
  const key = scryptSync("p", salt, 32, { N: 1024, r: 4, p: 2 });
  const stored = `scrypt$1024$4$2$${salt.toString("base64url")}$${key.toString("base64url")}`;
  expect(await verifyPassword("p", stored)).toBe(true);
});

test("what is stored in another form is an error, not an answer", async () => {
  await expect(verifyPassword("p", "plain")).rejects.toThrow(/not in the form/);
});
