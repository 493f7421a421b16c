import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Attempt, Provider } from "@waybill/actors";
import { makeOutbound, type HttpService } from "@waybill/runtime/outbound";
import type { Outcome } from "@waybill/schemas";
import { type Asked, type Emulator, type Fault, type Said, startEmulator } from "./emulator.ts";
import { startResetter } from "./resetter.ts";
import { until } from "../relay/until.ts";

/** A service that a provider is tried against: its answers, and how many messages it took. */
type Service = { handle(asked: Asked): Said | Promise<Said>; taken(): number };

type Reach = Pick<HttpService, "outbound" | "isExempt" | "timeouts">;

/** A provider and its service. */
type Contracted = {
  /** Opens the provider with an account that the service knows. */
  open(baseUrl: string, reach: Reach): Provider;
  /** A new service, which knows the account. Faults are of its sending requests. */
  serve(): Service;
  /** What must never be in an outcome: the account's secrets in each form they are sent in. */
  secrets: readonly string[];
  /** Defaults to a message that every service takes. */
  raw?: string;
};

const RAW =
  "From: a@sender.test\r\nTo: one@y.test, two@y.test\r\nSubject: s\r\n" +
  "Message-ID: <1@sender.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\ntext\r\n";

const RECIPIENTS = ["one@y.test", "two@y.test"];

const quiet = { info: () => undefined, warn: () => undefined };

/** The way out in tests: to this machine too, and not waiting long. */
export const reach: Reach = {
  outbound: makeOutbound({ allow: [], log: quiet }),
  isExempt: true,
  timeouts: { connect: 5000, headers: 1500, body: 1500, whole: 30_000 },
};

/** What is to be sent, with a small message if no other is named. */
export const attemptOf = (raw: string | Buffer, change: Partial<Attempt> = {}): Attempt => ({
  tenant: "t1",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  attempt: 1,
  from: "a@sender.test",
  recipients: RECIPIENTS,
  size: Buffer.byteLength(raw),
  body: () => Readable.from([Buffer.from(raw)]),
  ...change,
});

/** As large as it needs to be for a reset to come in the middle. */
const large = (raw: string) => `${raw}${`${"x".repeat(76)}\r\n`.repeat(50_000)}`;

function brokenBody(raw: string): Readable {
  return Readable.from(
    (async function* () {
      yield Buffer.from(raw);
      throw new Error("the stored message is damaged");
    })(),
  );
}

/** The same for both recipients. */
const all = (expected: Partial<Outcome>) => {
  const outcome: unknown = expect.objectContaining(expected);
  return [outcome, outcome];
};

/** Each recipient once, in one line without secrets. */
function expectWhole(outcomes: Outcome[], { secrets }: Contracted): void {
  expect(outcomes.map(({ recipient }) => recipient).toSorted()).toEqual(RECIPIENTS);
  for (const { response } of outcomes) expect(response).toMatch(/^\P{Cc}{1,500}$/u);
  for (const secret of secrets) expect(JSON.stringify(outcomes)).not.toContain(secret);
}

const soon = () => new Date(Date.now() + 120_000).toUTCString();
const said = (status: number, more: Omit<Said, "status"> = {}): Fault => ({
  kind: "answer",
  said: { status, ...more },
});

const AMBIGUOUS: Fault[] = [
  { kind: "reset", when: "before" },
  { kind: "reset", when: "during" },
  { kind: "reset", when: "after" },
  { kind: "reset-in-reply" },
  { kind: "hang-before-body" },
  { kind: "hang-after-body" },
  said(200, { text: "<html>Welcome to the hotel</html>" }),
  said(200, { json: { junk: true } }),
  said(200, { json: null }),
];

const ANSWERED: [Fault, Outcome["class"]][] = [
  [said(401), "auth"],
  [said(408), "retry"],
  [said(500), "retry"],
  [said(500, { text: "<html>oops</html>" }), "retry"],
  [said(502), "retry"],
  [said(503), "retry"],
  [said(504), "retry"],
];

/**
 * What every provider over HTTP does, whatever its service is. One line per provider:
 * `providerContract("ses", { open, serve, secrets })`.
 */
export function providerContract(name: string, contracted: Contracted): void {
  const raw = contracted.raw ?? RAW;
  let service: Service;
  let emulator: Emulator;
  let provider: Provider;
  const opened: Provider[] = [];

  const openTo = (baseUrl: string): Provider => {
    const one = contracted.open(baseUrl, reach);
    opened.push(one);
    return one;
  };
  async function send(change: Partial<Attempt> = {}, text = raw): Promise<Outcome[]> {
    const outcomes = await provider.send(attemptOf(text, change));
    expectWhole(outcomes, contracted);
    return outcomes;
  }

  describe(`${name}, as every provider over HTTP`, () => {
    beforeEach(async () => {
      service = contracted.serve();
      emulator = await startEmulator((asked) => service.handle(asked));
      provider = openTo(emulator.url);
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) one.close();
      await emulator.close();
    });

    test("has an outcome for each recipient, and they are accepted", async () => {
      expect(await send()).toEqual(all({ class: "accepted" }));
      expect(service.taken()).toBeGreaterThan(0);
    });

    test("has them for the null sender too", async () => {
      expect(await send({ from: "" })).toHaveLength(RECIPIENTS.length);
    });

    test("tries again where nobody listens", async () => {
      await emulator.close();
      expect(await send()).toEqual(all({ class: "retry" }));
      emulator = await startEmulator((asked) => service.handle(asked));
    });

    test("tries again where a connection is reset before anything is written", async () => {
      const resetter = await startResetter();
      provider = openTo(resetter.url);
      expect(await send()).toEqual(all({ class: "retry" }));
      await resetter.close();
    });

    test.each(AMBIGUOUS)("does not know what became of it after %j", async (fault) => {
      emulator.fail(fault);
      expect(await send({}, large(raw))).toEqual(all({ class: "ambiguous" }));
    });

    test.each(ANSWERED)("takes %j for %s", async (fault, expected) => {
      emulator.fail(fault);
      expect(await send()).toEqual(all({ class: expected }));
      expect(service.taken()).toBe(0);
    });

    test("does not know what became of it when its answer is not waited for, and says so at once", async () => {
      const cut = new AbortController();
      emulator.fail({ kind: "hang-after-body" });
      const sending = send({ signal: cut.signal });
      await until("the request", () => emulator.asked.length > 0);
      cut.abort(new Error("the relay was stopped"));
      expect(await sending).toEqual(all({ class: "ambiguous", category: "network" }));
    });

    test("asks nobody when it is to end before it begins", async () => {
      const signal = AbortSignal.abort(new Error("the relay was stopped"));
      expect(await send({ signal })).toEqual(all({ class: "retry", category: "network" }));
      expect(emulator.asked).toEqual([]);
    });

    test("follows no redirect, and shows its secrets to nobody else", async () => {
      const elsewhere = await startEmulator(() => ({ status: 200 }));
      for (const status of [301, 302, 307, 308]) {
        emulator.fail(said(status, { headers: { location: `${elsewhere.url}/there` } }));
        expect(await send()).toEqual(all({ class: "config" }));
      }
      expect(elsewhere.asked).toEqual([]);
      await elsewhere.close();
    });

    test("waits as long as it is asked to, in seconds or until a date", async () => {
      emulator.fail(said(429, { headers: { "retry-after": "7" } }));
      expect(await send()).toEqual(all({ class: "throttled", retryAfterMs: 7000 }));
      emulator.fail(said(429, { headers: { "retry-after": soon() } }));
      for (const { class: outcome, retryAfterMs = 0 } of await send()) {
        expect(outcome).toBe("throttled");
        expect(retryAfterMs).toBeGreaterThan(60_000);
        expect(retryAfterMs).toBeLessThanOrEqual(120_000);
      }
    });

    test("throws the error of a message that breaks off, and hands over nothing whole", async () => {
      const body = () => brokenBody(raw);
      await expect(provider.send(attemptOf(raw, { body }))).rejects.toThrow("is damaged");
      expect(service.taken()).toBe(0);
      expect(await send()).toEqual(all({ class: "accepted" }));
    });
  });
}
