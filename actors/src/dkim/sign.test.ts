import { array, assert, asyncProperty, constantFrom, string, tuple } from "fast-check";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { BodyDamaged, Directory } from "@waybill/runtime";
import type { DkimKey } from "@waybill/schemas";
import { makeSign } from "./sign.ts";
import { keyFor } from "./testing.ts";

const rsa = keyFor("x.test", "rsa");
const ed25519 = keyFor("x.test", "ed25519");
const other = keyFor("other.test", "ed25519");
const DNS = new Map([rsa, ed25519, other].map(({ key, record }) => [key.id, record]));

const resolver = async (name: string, type: string): Promise<string[][]> => {
  const record = type === "TXT" ? DNS.get(name) : undefined;
  if (record === undefined) throw Object.assign(new Error(name), { code: "ENOTFOUND" });
  return [record.match(/.{1,255}/g) ?? []];
};

const open = (_: string, sealed: string) => {
  if (sealed === "broken") throw new Error("the data key of a secret is not there");
  return sealed;
};

/** What signs for a tenant with these keys; what is sealed opens to itself. */
function given(...keys: DkimKey[]) {
  const directory = new Directory();
  for (const entity of keys) {
    const { kind, id, createdAt: time } = entity;
    directory.apply({ tenant: "t1", kind, id, time, actor: "test", reason: "test", entity });
  }
  return makeSign({ directory, vault: { open }, now: () => Date.UTC(2026, 0, 1) });
}

const HEADER = [
  "Received: from a by b",
  "From: Ann <ann@x.test>",
  "To: bob@y.test",
  "Cc: carl@y.test",
  "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n  and \t more ",
  "Date: Thu, 1 Jan 2026 00:00:00 +0000",
  "Message-ID: <1@x.test>",
  "MIME-Version: 1.0",
  "Content-Type: text/plain; charset=utf-8",
  "Reply-To: office@x.test",
  "List-Unsubscribe: <https://x.test/u>",
  "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
  "Feedback-ID: a:b:c:d",
];
const BODY = "one  two\t\r\n\r\n.\r\nlöwe\r\n\r\n\r\n";
const messageOf = (fields: readonly string[], body = BODY) =>
  Buffer.from(`${fields.join("\r\n")}\r\n\r\n${body}`);
const MESSAGE = messageOf(HEADER);

/** In parts of so many octets; `reads` counts how often it was read from the store. */
function stored(raw: Buffer, part = 7) {
  const parts = Array.from({ length: Math.ceil(raw.length / part) }, (_, at) =>
    raw.subarray(at * part, (at + 1) * part),
  );
  const message = { tenant: "t1", size: raw.length, reads: 0, read: () => Readable.from([""]) };
  message.read = () => {
    message.reads += 1;
    return Readable.from(parts, { objectMode: false });
  };
  return message;
}

async function signed(raw: Buffer, ...keys: DkimKey[]): Promise<Buffer> {
  const answer = await given(...keys)(stored(raw));
  if ("refused" in answer) throw new Error(answer.refused);
  const sent = await Readable.from(answer.read(), { objectMode: false }).toArray();
  expect(Buffer.concat(sent as Buffer[]).equals(raw)).toBe(true);
  return Buffer.concat([answer.signature, raw]);
}

const verified = async (raw: Buffer) =>
  (await dkimVerify(raw, { resolver })).results
    .filter((one) => one.status.result !== "none")
    .map((one) => `${one.status.result} ${one.algo} ${one.signingDomain}`)
    .toSorted();
const PASS = ["pass ed25519-sha256 x.test", "pass rsa-sha256 x.test"];

test("mail is signed with a key of each algorithm, and a verifier passes both", async () => {
  const raw = await signed(MESSAGE, rsa.key, ed25519.key);
  expect(await verified(raw)).toEqual(PASS);
  const [field = ""] = raw.toString("latin1").split("Received:");
  expect(field).toMatch(
    /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; t=1767225600;\r\n d=x\.test;\r\n s=rsa;/,
  );
  expect(field.split("\r\n").every((line) => line.length <= 78)).toBe(true);
});

test.each(HEADER.slice(1).map((line) => line.slice(0, line.indexOf(":"))))(
  "a changed %s breaks the signature",
  async (name) => {
    const raw = (await signed(MESSAGE, ed25519.key)).toString("latin1");
    const changed = raw.replace(`\r\n${name}: `, `\r\n${name}: x`);
    expect(changed).not.toBe(raw);
    const [result = ""] = await verified(Buffer.from(changed, "latin1"));
    expect(result).not.toContain("pass");
  },
);

const again = async (text: string) => verified(Buffer.from(text, "latin1"));

test("a From that is added breaks it; a trace field, and another fold, do not", async () => {
  const raw = (await signed(MESSAGE, ed25519.key)).toString("latin1");
  expect(await again(`From: eve@evil.test\r\n${raw}`)).not.toContain(PASS[0]);
  expect(await again(raw.replace("Received:", "From: eve@evil.test\r\nReceived:"))).toEqual([
    expect.not.stringContaining("pass"),
  ]);
  expect(await again(`Received: from b by c\r\n${raw}`)).toEqual([PASS[0]]);
  expect(await again(raw.replace("Ann <ann", "Ann\r\n\t<ann"))).toEqual([PASS[0]]);
  expect(await again(raw.replace("one  two\t", "one two"))).toEqual([PASS[0]]);
  expect(await again(raw.replace("one", "two"))).toEqual([expect.not.stringContaining("pass")]);
});

const text = (max: number) =>
  string({
    unit: constantFrom("a", " ", "\t", "\u00fc", ":", ";", "=", '"'),
    maxLength: max,
  });

test("any header and body that can be kept is signed so that it verifies", async () => {
  const line = text(30);
  const field = tuple(constantFrom("Subject", "TO", "References", "X-Other", "from"), line, line);
  const body = array(line, { maxLength: 8 }).map((lines) => lines.join("\r\n"));
  await assert(
    asyncProperty(array(field, { maxLength: 8 }), body, async (more, end) => {
      const fields = more.map(([name, a, b]) => `${name}: ${a}x\r\n\t${b}y`);
      const raw = await signed(messageOf([...fields, "From: ann@x.test"], end), ed25519.key);
      expect(await verified(raw)).toContain(PASS[0]);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ["ann@x.test", ["x.test"]],
  ["ann@mail.X.test", ["x.test"]],
  ["ann@y.test", []],
  ['"ann@x.test" <ann@y.test>', []],
  ["ann@other.test, bob@x.test", ["other.test", "x.test"]],
])("mail from %s is signed for %j", async (from, domains) => {
  const raw = await signed(messageOf([`From: ${from}`]), ed25519.key, other.key);
  expect(await verified(raw)).toEqual(domains.map((one) => `pass ed25519-sha256 ${one}`));
});

test("a tenant without keys has its mail left alone, and not even read", async () => {
  const message = stored(MESSAGE);
  const answer = await given()(message);
  expect(answer).toMatchObject({ signature: Buffer.alloc(0) });
  expect(message.reads).toBe(0);
});

test("a small message is read from the store once, a large one twice, and never held", async () => {
  const [small, large] = [
    stored(MESSAGE),
    stored(messageOf(HEADER, "x\r\n".repeat(30_000)), 65_536),
  ];
  for (const message of [small, large]) {
    const answer = await given(ed25519.key)(message);
    if (!("read" in answer)) throw new Error(answer.refused);
    await answer.read().toArray();
  }
  expect([small.reads, large.reads]).toEqual([1, 2]);
});

test.each(["broken", "no key at all"])(
  "a key that does not open (%s) refuses the mail",
  async (sealed) => {
    const key = { ...ed25519.key, sealedPrivateKey: sealed };
    const answer = await given(rsa.key, key)(stored(MESSAGE));
    expect(answer).toEqual({
      refused: expect.stringContaining("cannot be signed with rsa._domainkey.x.test, ed25519._"),
    });
  },
);

test("a damaged message is an error of the store", async () => {
  async function* damaged() {
    yield MESSAGE;
    throw new BodyDamaged("gone");
  }
  const read = () => Readable.from(damaged(), { objectMode: false });
  const signing = given(ed25519.key)({ tenant: "t1", size: MESSAGE.length, read });
  await expect(signing).rejects.toThrow(BodyDamaged);
});
