import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { MemoryBodies } from "@waybill/runtime/testing";
import type { Sign } from "../dkim/sign.ts";
import type { Attempt, Provider } from "../providers/provider.ts";
import { dueWork } from "../testing/due-work.ts";
import { sendSigned } from "./send.ts";

const SIGNATURE = Buffer.from("DKIM-Signature: v=1\r\n");
const RAW = "From: a@x.test\r\n\r\nhello\r\n";

const signs: Sign = ({ read }) => Promise.resolve({ signature: SIGNATURE, read });
const refuses: Sign = () => Promise.resolve({ refused: "the mail cannot be signed with k: gone" });

const tell = () => undefined;

/** What a provider is given, as it goes out, and what is answered. */
async function sentBy(keepsBytes: boolean, sign: Sign | undefined, redirectedTo?: string) {
  const bodies = new MemoryBodies();
  const body = await bodies.write({}, Readable.from([Buffer.from(RAW)]));
  const given: Attempt[] = [];
  const provider: Provider = {
    id: "p",
    kind: "test",
    keepsBytes,
    send: (attempt) => {
      given.push(attempt);
      return Promise.resolve([]);
    },
    close: () => undefined,
  };
  const recipients = ["one@y.test", "two@y.test"];
  const work = dueWork({ recipients, body });
  const route = { because: "test", ...(redirectedTo && { redirectedTo }) } as const;
  const what = { work, recipients, route, tenant: undefined, tell };
  const outcomes = await sendSigned({ bodies, ...(sign && { sign }) }, provider, what);
  const [attempt] = given;
  const out = attempt && Buffer.concat(await attempt.body().toArray()).toString();
  return { outcomes, out, size: attempt?.size, tells: attempt?.tell !== undefined };
}

test("signatures go before the message, and are counted in its size", async () => {
  const { out, size } = await sentBy(true, signs);
  expect(out).toBe(`${SIGNATURE.toString()}${RAW}`);
  expect(size).toBe(out?.length);
});

test("they go before the trace fields of mail that is redirected", async () => {
  const { out } = await sentBy(true, signs, "dev@z.test");
  expect(out).toMatch(/^DKIM-Signature: v=1\r\nX-Waybill-Tenant: t1\r\n/);
});

test("a provider that does not keep the octets is given none", async () => {
  expect(await sentBy(false, refuses)).toMatchObject({ out: RAW, size: RAW.length });
  expect(await sentBy(true, undefined)).toMatchObject({ out: RAW });
});

test.each([undefined, "dev@z.test"])(
  "what cannot be signed is not sent, as a matter of settings (redirected to %s)",
  async (redirectedTo) => {
    const { out, outcomes } = await sentBy(true, refuses, redirectedTo);
    const response = "the mail cannot be signed with k: gone";
    const outcome = { class: "config", category: "sender_auth_fail", response };
    const addressed = redirectedTo === undefined ? ["one@y.test", "two@y.test"] : [redirectedTo];
    expect(out).toBeUndefined();
    expect(outcomes).toEqual(addressed.map((recipient) => ({ recipient, ...outcome })));
  },
);

test("what became of some is told of those it was meant for, not of a redirect's address", async () => {
  expect(await sentBy(true, undefined)).toMatchObject({ tells: true });
  expect(await sentBy(true, undefined, "dev@z.test")).toMatchObject({ tells: false });
});
