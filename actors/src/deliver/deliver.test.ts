import { describe, expect, test } from "vitest";
import {
  BodyDamaged,
  Directory,
  erasedIdOf,
  LogUnavailable,
  makeLogger,
  suppressionIdOf,
} from "@waybill/runtime";
import { MemoryBodies, MemoryLog } from "@waybill/runtime/testing";
import type { ControlFact, Entity, FactEvent, Outcome, Suppression } from "@waybill/schemas";
import type { Attempt, Provider } from "../providers/provider.ts";
import { breakersIn } from "../testing/breakers.ts";
import { dueWork } from "../testing/due-work.ts";
import { makeDeliver } from "./deliver.ts";

const NOW = Date.UTC(2026, 0, 1);

const work = dueWork();

const TENANT: Entity = {
  kind: "tenant",
  id: work.tenant,
  name: "T1",
  concurrency: 1,
  retryLadder: [],
  onAmbiguous: "retry",
};

const acceptedAgo = (ms: number) => ({ ...work, time: new Date(NOW - ms).toISOString() });

const fact = (entity: Entity): ControlFact => ({
  tenant: "t1",
  kind: entity.kind,
  id: entity.id,
  time: "2026-01-01T00:00:00.000Z",
  actor: "test",
  reason: "test",
  entity,
});

type Send = (attempt: Attempt) => Promise<Outcome[]>;

const allAccepted: Send = ({ recipients }) =>
  Promise.resolve(
    recipients.map((recipient) => ({ recipient, class: "accepted", response: "250 ok" })),
  );

/** Delivery with a route to a provider that does as told, and what it left behind. */
function given(send: Send, { routed = true } = {}) {
  const directory = new Directory();
  if (routed) {
    directory.apply(
      fact({ kind: "provider", type: "sandbox", id: "p", name: "p", concurrency: 1 }),
    );
    directory.apply(
      fact({
        kind: "route",
        id: "r",
        position: 0,
        then: { type: "providers", providers: ["p"] },
      }),
    );
  }
  const events = new MemoryLog();
  const sent: Attempt[] = [];
  const provider: Provider = {
    id: "p",
    kind: "test",
    keepsBytes: true,
    send: (attempt) => {
      sent.push(attempt);
      return send(attempt);
    },
    close: () => undefined,
  };
  const deliver = makeDeliver({
    events,
    bodies: new MemoryBodies(),
    directory,
    hash: (text) => `hash of ${text}`,
    providers: { get: () => provider },
    breakers: breakersIn(directory),
    log: makeLogger("silent", "test"),
    now: () => NOW,
    random: () => 0,
  });
  return { deliver, events, sent, directory };
}

const brief = (events: MemoryLog): string[] =>
  events.events.map((event) =>
    event.type === "deadlettered" ? `${event.type} ${event.reason}` : event.type,
  );

const onTheList = (address: string, expiresAt?: string): ControlFact =>
  fact({
    kind: "suppression",
    id: suppressionIdOf(address),
    address,
    reason: "complaint",
    origin: "manual",
    at: "2026-01-01T00:00:00.000Z",
    ...(expiresAt !== undefined && { expiresAt }),
  });

describe("delivery", () => {
  test("sends to every recipient of the envelope and records it", async () => {
    const { deliver, events, sent } = given(allAccepted);
    await deliver({ work, known: [] });
    expect(sent.map(({ from, recipients }) => ({ from, recipients }))).toEqual([
      { from: "a@x.test", recipients: ["one@y.test", "two@y.test"] },
    ]);
    expect(brief(events)).toEqual(["delivered"]);
  });

  test("sends only to those whom no recorded fact has settled", async () => {
    const first = given(allAccepted);
    const toOne = { ...work.envelope, recipients: ["one@y.test"] };
    await first.deliver({ work: { ...work, envelope: toOne }, known: [] });
    const again = given(allAccepted);
    await again.deliver({ work, known: first.events.events as FactEvent[] });
    expect(again.sent.map(({ recipients }) => recipients)).toEqual([["two@y.test"]]);
  });

  test("sends nothing when everybody is settled", async () => {
    const first = given(allAccepted);
    await first.deliver({ work, known: [] });
    const again = given(allAccepted);
    await again.deliver({ work, known: first.events.events as FactEvent[] });
    expect(again.sent).toEqual([]);
    expect(again.events.events).toEqual([]);
  });

  test("asks no provider about recipients on the suppression list, and sends to the others", async () => {
    const { deliver, events, sent, directory } = given(allAccepted);
    directory.apply(onTheList("one@y.test"));
    const envelope = { ...work.envelope, recipients: ["One@Y.test", "two@y.test"] };
    await deliver({ work: { ...work, envelope }, known: [] });
    expect(sent.map(({ recipients }) => recipients)).toEqual([["two@y.test"]]);
    expect(events.events[0]).toMatchObject({
      type: "suppressed",
      suppressions: [{ recipient: "One@Y.test", reason: "complaint" }],
    });
    directory.apply({ ...onTheList("one@y.test"), entity: null });
    const again = { work: { ...work, envelope }, known: events.events as FactEvent[] };
    await deliver(again);
    expect(sent).toHaveLength(1);
  });

  test("holds back an address that was erased, by its hash, and an ended place on the list does not hide that", async () => {
    const { deliver, sent, events, directory } = given(allAccepted);
    const id = erasedIdOf((text) => `hash of ${text}`, "t1", "one@y.test");
    const { entity } = onTheList("one@y.test");
    const address = "erased-0@erased.invalid";
    directory.apply({ ...fact({ ...(entity as Suppression), id, address }) });
    directory.apply(onTheList("one@y.test", new Date(NOW).toISOString()));
    const envelope = { ...work.envelope, recipients: ["One@Y.test", "two@y.test"] };
    await deliver({ work: { ...work, envelope }, known: [] });
    expect(sent.map(({ recipients }) => recipients)).toEqual([["two@y.test"]]);
    expect(events.events[0]).toMatchObject({ suppressions: [{ recipient: "One@Y.test" }] });
  });

  test("with everybody on the list asks nobody, and past its end a place on it holds nothing back", async () => {
    const { deliver, events, sent, directory } = given(allAccepted);
    for (const one of ["one@y.test", "two@y.test"]) directory.apply(onTheList(one));
    await deliver({ work, known: [] });
    expect([sent.length, brief(events)]).toEqual([0, ["suppressed"]]);
    const past = new Date(NOW).toISOString();
    for (const one of ["one@y.test", "two@y.test"]) directory.apply(onTheList(one, past));
    await deliver({ work: { ...work, attempt: 2 }, known: [] });
    expect(sent).toHaveLength(1);
  });

  test("without a provider is a dead letter, never a pretended delivery", async () => {
    const { deliver, events, sent, directory } = given(allAccepted, { routed: false });
    directory.apply(fact(TENANT));
    await deliver({ work, known: [] });
    expect(sent).toEqual([]);
    expect(brief(events)).toEqual(["deadlettered no_route"]);
  });

  test("waits for a tenant that it has not heard of, as its mail may have come before it, but not for ever", async () => {
    const { deliver, events } = given(allAccepted, { routed: false });
    await expect(deliver({ work: acceptedAgo(1000), known: [] })).rejects.toThrow(/not known here/);
    expect(brief(events)).toEqual([]);
    await deliver({ work: acceptedAgo(600_000), known: [] });
    expect(brief(events)).toEqual(["deadlettered no_route"]);
  });

  test("sets the timer before it says that it will try again", async () => {
    const { deliver, events } = given(({ recipients }) =>
      Promise.resolve(
        recipients.map((recipient) => ({ recipient, class: "retry", response: "451 later" })),
      ),
    );
    const order: string[] = [];
    events.heard = (what) => order.push(what);
    await deliver({ work, known: [] });
    expect(order).toEqual(["timer", "failed"]);
    expect(events.timers[0]?.at).toEqual(new Date(NOW + 30_000));
  });

  test("of a body that is damaged is a dead letter", async () => {
    const { deliver, events } = given(() => Promise.reject(new BodyDamaged("a chunk is gone")));
    await deliver({ work, known: [] });
    expect(brief(events)).toEqual(["deadlettered storage_error"]);
  });

  test("is put back, nothing recorded, when the store does not answer", async () => {
    const { deliver, events } = given(() => Promise.reject(new LogUnavailable("away")));
    await expect(deliver({ work, known: [] })).rejects.toThrow(LogUnavailable);
    expect(events.events).toEqual([]);
  });

  test("that has happened is recorded, however long the log is away, and not repeated", async () => {
    const { deliver, events, sent } = given(allAccepted);
    events.fail = new LogUnavailable("away");
    const delivering = deliver({ work, known: [] });
    setTimeout(() => (events.fail = undefined), 700);
    await delivering;
    expect(brief(events)).toEqual(["delivered"]);
    expect(sent).toHaveLength(1);
  });
});
