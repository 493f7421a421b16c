import {
  type DeadLettered,
  type DeliveryFailed,
  evolveMessage,
  type MailEvent,
  type MessageView,
  type Outcome,
} from "@waybill/schemas";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histories } from "../testing/history.ts";

const A = "a@x.test";
const B = "b@x.test";
const base = { messageId: "01J00000000000000000000000", tenant: "acme", traceId: "0".repeat(32) };
const minute = (count: number) => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();

const work = (time: string, recipients: string[]) => ({
  ...base,
  time,
  attempt: 1,
  rung: 0,
  envelope: { from: "app@shop.test", recipients, utf8: false },
  body: { store: "jetstream" as const, chunks: [1], size: 42, sha256: "" },
  routing: { tags: [], fields: {} },
});
const accepted: MailEvent = {
  type: "accepted",
  ...work(minute(0), [A, B]),
  submission: { protocol: "smtp", address: "192.0.2.1", helo: "app", tls: true, credential: "key" },
  header: { from: "App <app@shop.test>", subject: "Hello", messageId: "<1@shop.test>" },
};
const outcomes = (of: Outcome["class"], recipients: string[]): Outcome[] =>
  recipients.map((recipient) => ({ recipient, class: of, response: `said ${of}` }));
const attempt = (number: number, of: Outcome["class"], recipients: string[]) => ({
  ...base,
  time: minute(number),
  attempt: number,
  provider: { id: "main", kind: "smtp" },
  route: { because: "test", owner: "tenant" as const },
  durationMs: 5,
  outcomes: outcomes(of, recipients),
});
const delivered = (number: number, ...recipients: string[]): MailEvent => ({
  type: "delivered",
  ...attempt(number, "accepted", recipients),
});
const failed = (number: number, retryAt: string, ...recipients: string[]): DeliveryFailed => ({
  type: "failed",
  ...attempt(number, "retry", recipients),
  retryAt,
});
const dead = (number: number, ...recipients: string[]): DeadLettered => ({
  type: "deadlettered",
  ...base,
  time: minute(number),
  attempt: number,
  reason: "retries_exhausted",
  recipients,
  detail: "gave up",
});
const suppressed = (...recipients: string[]): MailEvent => ({
  type: "suppressed",
  ...base,
  time: minute(1),
  attempt: 1,
  suppressions: recipients.map((recipient) => ({ recipient, reason: "manual" })),
});
const requeued = (...recipients: string[]): MailEvent => ({
  type: "requeued",
  ...work(minute(9), recipients),
  by: "operator",
});

type Numbered = { event: MailEvent; seq: number };
const number = (events: readonly MailEvent[]): Numbered[] =>
  events.map((event, place) => ({ event, seq: place + 1 }));

/** Views by message, folded on from those given. */
function fold(entries: readonly Numbered[], from = new Map<string, MessageView>()) {
  const views = new Map(from);
  for (const { event, seq } of entries) {
    const view = evolveMessage(views.get(event.messageId), event, seq);
    if (view !== undefined) views.set(event.messageId, view);
  }
  return views;
}

const given = (...events: MailEvent[]): MessageView | undefined =>
  fold(number(events)).get(base.messageId);
const statuses = (view: MessageView | undefined) => view?.recipients.map(({ status }) => status);

const wentOn = (...recipients: string[]): MailEvent => ({
  type: "failed",
  ...attempt(1, "retry", recipients),
  wentOn: true,
});

describe("an attempt that went on by another provider", () => {
  it("and got there shows as delivered, once", () => {
    const events = [accepted, wentOn(A, B), delivered(1, A, B)];
    const view = fold(number(events)).get(base.messageId);
    expect(view).toMatchObject({ status: "delivered", attempts: 1 });
    expect(view?.recipients.map((one) => [one.status, one.attempts])).toEqual([
      ["delivered", 1],
      ["delivered", 1],
    ]);
  });

  it("and failed there too waits for its retry, as one attempt", () => {
    const events = [accepted, wentOn(A, B), failed(1, minute(9), A, B)];
    const view = fold(number(events)).get(base.messageId);
    expect(view).toMatchObject({ status: "deferred", nextAttemptAt: minute(9) });
    expect(view?.recipients.map((one) => one.attempts)).toEqual([1, 1]);
  });
});

describe("a message", () => {
  it("is queued once accepted, with nothing tried", () => {
    const view = given(accepted);
    expect(view).toMatchObject({ status: "queued", attempts: 0, subject: "Hello", size: 42 });
    expect(view).toMatchObject({ credential: "key", acceptedSeq: 1, nextAttemptAt: null });
    expect(statuses(view)).toEqual(["queued", "queued"]);
  });

  it("is unknown when the log does not hold its acceptance", () => {
    expect(given(delivered(1, A, B), dead(2, A))).toBeUndefined();
  });

  it("is delivered when every recipient is", () => {
    expect(given(accepted, delivered(1, A))?.status).toBe("queued");
    expect(given(accepted, delivered(1, A), delivered(1, B))?.status).toBe("delivered");
  });

  it("shows who is on the suppression list, and is suppressed when everybody is", () => {
    expect(statuses(given(accepted, suppressed(A), delivered(1, B)))).toEqual([
      "suppressed",
      "delivered",
    ]);
    expect(given(accepted, suppressed(A), delivered(1, B))?.status).toBe("partial");
    expect(given(accepted, suppressed(A), dead(1, B))?.status).toBe("dead");
    const view = given(accepted, suppressed(A, B));
    expect(view).toMatchObject({ status: "suppressed", attempts: 1, nextAttemptAt: null });
    expect(view?.recipients[0]?.response).toBe("on the suppression list: manual");
  });

  it("is deferred until the time of its next attempt, which is over once it is due", () => {
    const waiting = given(accepted, failed(1, minute(30), A, B));
    expect(waiting).toMatchObject({ status: "deferred", nextAttemptAt: minute(30), attempts: 1 });
    const due: MailEvent = { type: "due", ...work(minute(30), [A, B]) };
    const tried = given(accepted, failed(1, minute(30), A, B), due);
    expect(tried).toMatchObject({ status: "deferred", nextAttemptAt: null });
  });

  it("is dead when every recipient is, and partial when some were delivered", () => {
    expect(given(accepted, dead(1, A, B))?.status).toBe("dead");
    const partial = given(accepted, delivered(1, A), failed(1, minute(5), B), dead(2, B));
    expect(partial).toMatchObject({ status: "partial", nextAttemptAt: null, attempts: 2 });
  });

  it("is queued again when an operator requeues its dead recipients", () => {
    const view = given(accepted, dead(1, A, B), requeued(A, B));
    expect(view?.status).toBe("queued");
    expect(view?.recipients[0]).toMatchObject({ status: "queued", reason: null });
    expect(given(accepted, delivered(1, A), dead(1, B), requeued(A, B))?.status).toBe("queued");
  });
});

describe("a recipient", () => {
  it("has the last answer, the provider, and how often it was tried", () => {
    const view = given(accepted, failed(1, minute(5), A), delivered(2, A));
    const last = { attempts: 2, response: "said accepted", provider: "main", updatedAt: minute(2) };
    expect(view?.recipients[0]).toMatchObject(last);
    expect(view?.recipients[1]).toMatchObject({ attempts: 0, response: null, provider: null });
  });

  it("stays delivered whatever is said later", () => {
    const before = given(accepted, delivered(1, A));
    const after = given(
      accepted,
      delivered(1, A),
      failed(2, minute(5), A),
      dead(3, A),
      requeued(A),
    );
    expect(after?.recipients[0]).toEqual(before?.recipients[0]);
  });

  it("dies with a reason, keeps its last answer, or has ours when there is none", () => {
    const view = given(accepted, failed(1, minute(5), A), dead(1, A, B));
    expect(view?.recipients[0]).toMatchObject({
      reason: "retries_exhausted",
      response: "said retry",
    });
    expect(view?.recipients[1]).toMatchObject({ status: "dead", response: "gave up" });
  });

  it("stays dead when a late attempt fails, and not when it delivers", () => {
    expect(statuses(given(accepted, dead(1, A), failed(1, minute(5), A)))?.[0]).toBe("dead");
    const late = given(accepted, dead(1, A), delivered(1, A))?.recipients[0];
    expect(late).toMatchObject({ status: "delivered", reason: null });
  });
});

const history = histories({ minLength: 0, maxLength: 60, messages: 4 }).map(number);

/** What may come after a status that is no longer ours to change. */
const AFTER: Record<string, RegExp> = {
  delivered: /^(delivered|bounced|complained)$/,
  bounced: /^(bounced|complained)$/,
  complained: /^complained$/,
};

describe("folding any history", () => {
  it("takes an event that comes again for one, wherever it comes again", () => {
    const again = fc.array(fc.record({ which: fc.nat(), later: fc.nat() }), { maxLength: 20 });
    fc.assert(
      fc.property(history, again, (entries, repeats) => {
        const doubled = [...entries];
        for (const { which, later } of entries.length === 0 ? [] : repeats) {
          const entry = doubled[which % doubled.length];
          const place = 1 + doubled.findLastIndex((one) => one === entry);
          if (entry) doubled.splice(place + (later % (doubled.length - place + 1)), 0, entry);
        }
        expect(fold(doubled)).toEqual(fold(entries));
      }),
    );
  });

  it("gives the same in two batches, the second of which begins too early, as in one", () => {
    fc.assert(
      fc.property(history, fc.nat(60), fc.nat(60), (entries, end, overlap) => {
        const written: [string, MessageView][] = JSON.parse(
          JSON.stringify([...fold(entries.slice(0, end))]),
        );
        const rest = entries.slice(Math.max(0, end - overlap));
        expect(fold(rest, new Map(written))).toEqual(fold(entries));
      }),
    );
  });

  it("never takes a delivery back, nor a bounce, and ends exactly when nobody is open", () => {
    fc.assert(
      fc.property(history, fc.nat(60), (entries, end) => {
        const [before, after] = [fold(entries.slice(0, end)), fold(entries)];
        for (const [id, { recipients }] of before) {
          const ended = after.get(id)?.recipients ?? [];
          for (const [idx, { status }] of recipients.entries())
            expect(ended[idx]?.status).toMatch(AFTER[status] ?? /./);
        }
        for (const { status, recipients, nextAttemptAt } of after.values()) {
          const open = recipients.some((one) => /queued|deferred/.test(one.status));
          expect(/queued|deferred/.test(status)).toBe(open);
          expect(open || nextAttemptAt === null).toBe(true);
        }
      }),
    );
  });
});
