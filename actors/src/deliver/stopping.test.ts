import { expect, test, vi } from "vitest";
import { Directory, makeLogger } from "@waybill/runtime";
import { MemoryBodies, MemoryLog } from "@waybill/runtime/testing";
import type {
  AmbiguityPolicy,
  ControlFact,
  Entity,
  Outcome,
  RetryDue,
  WorkEvent,
} from "@waybill/schemas";
import type { Provider } from "../providers/provider.ts";
import { breakersIn } from "../testing/breakers.ts";
import { dueWork } from "../testing/due-work.ts";
import { openRecipients } from "./decide.ts";
import { makeDeliver } from "./deliver.ts";

const NOW = Date.UTC(2026, 0, 1);
const [HAS, MAY_HAVE, HAS_NOT] = ["has@y.test", "may@y.test", "not@y.test"];
const recipients = [HAS, MAY_HAVE, HAS_NOT];
const work = dueWork({ recipients });

/** What an SMTP server says of a mail that is cut: it took it for one, and is silent on the others. */
const OF_A_CUT: Outcome[] = [
  { recipient: HAS, class: "accepted", code: 250, response: "250 ok" },
  { recipient: MAY_HAVE, class: "ambiguous", category: "network", response: "stopped" },
  { recipient: HAS_NOT, class: "retry", category: "network", response: "stopped" },
];

const fact = (entity: Entity): ControlFact => ({
  tenant: "t1",
  kind: entity.kind,
  id: entity.id,
  time: "2026-01-01T00:00:00.000Z",
  actor: "test",
  reason: "test",
  entity,
});

const ENTITIES = (onAmbiguous: AmbiguityPolicy): Entity[] => [
  { kind: "tenant", id: "t1", name: "t1", concurrency: 1, retryLadder: [60], onAmbiguous },
  { kind: "provider", type: "smtp", id: "p", name: "p", concurrency: 1, smtp: SERVER },
  { kind: "route", id: "r", position: 0, then: { type: "providers", providers: ["p"] } },
];

const SERVER = { host: "mx.test", port: 25, tls: "none", verify: false } as const;

/** Delivery of a process that is told to stop while its provider sends. */
function given(outcomes: Outcome[], onAmbiguous: AmbiguityPolicy = "deadletter") {
  const directory = new Directory();
  for (const one of ENTITIES(onAmbiguous)) directory.apply(fact(one));
  const stopping = new AbortController();
  const events = new MemoryLog();
  const breakers = breakersIn(directory);
  let asked = 0;
  const provider: Provider = {
    id: "p",
    kind: "test",
    keepsBytes: true,
    send: async ({ signal }) => {
      asked += 1;
      await new Promise((cut) => signal?.addEventListener("abort", cut));
      return outcomes;
    },
    close: () => undefined,
  };
  const deliver = makeDeliver({
    events,
    bodies: new MemoryBodies(),
    directory,
    hash: (text) => text,
    providers: { get: () => provider },
    breakers,
    log: makeLogger("silent", "test"),
    stopping: stopping.signal,
    now: () => NOW,
    random: () => 0,
  });
  /** Delivers all of them, and stops once they are with the provider. */
  const cut = async (...works: WorkEvent[]): Promise<void> => {
    const all = works.map((one) => deliver({ work: one, known: [] }));
    await vi.waitFor(() => expect(asked).toBe(works.length));
    stopping.abort(new Error("stopped"));
    await Promise.all(all);
  };
  const timers = () => events.timers.map(({ due, at }) => ({ ...brief(due), at: at.getTime() }));
  return { deliver, cut, events, breakers, timers, asked: () => asked, stopping };
}

const brief = ({ attempt, rung, envelope }: RetryDue) => ({
  attempt,
  rung,
  to: envelope.recipients,
});

const told = ({ events }: MemoryLog): string[] =>
  events.map((one) => (one.type === "deadlettered" ? `dead ${one.reason}` : one.type));

test("who has it is delivered, who may have it follows the policy, and who has not is given back", async () => {
  const { cut, events, timers } = given(OF_A_CUT);
  await cut(work);
  expect(told(events)).toEqual(["delivered", "ambiguous", "dead ambiguous", "failed"]);
  expect(timers()).toEqual([{ attempt: 1, rung: 0, to: [HAS_NOT], at: NOW }]);
  const known = [...events.events, ...events.timers.map(({ due }) => due)] as never;
  expect(openRecipients(work, known)).toEqual([]);
});

test("a tenant that takes a second copy has who may have it tried again at the next step", async () => {
  const { cut, events, timers } = given(OF_A_CUT, "retry");
  await cut(work);
  expect(told(events)).toEqual(["delivered", "ambiguous", "failed"]);
  expect(timers()).toEqual([
    { attempt: 2, rung: 1, to: [MAY_HAVE], at: NOW + 60_000 },
    { attempt: 1, rung: 0, to: [HAS_NOT], at: NOW },
  ]);
});

test("the last attempt of a mail is not spent when nothing was sent by it", async () => {
  const { cut, events, timers } = given(OF_A_CUT.slice(2));
  const last = dueWork({ recipients: [HAS_NOT], attempt: 2, rung: 1 });
  await cut(last);
  expect(told(events)).toEqual(["failed"]);
  expect(timers()).toEqual([{ attempt: 2, rung: 1, to: [HAS_NOT], at: NOW }]);
});

test("what a server answered in time keeps its step of the ladder", async () => {
  const later: Outcome = { recipient: HAS_NOT, class: "retry", code: 451, response: "451 later" };
  const { cut, timers } = given([later]);
  await cut(dueWork({ recipients: [HAS_NOT] }));
  expect(timers()).toEqual([{ attempt: 2, rung: 1, to: [HAS_NOT], at: NOW + 60_000 }]);
});

test("a provider that was not waited for is not left alone", async () => {
  const use = { tenant: "t1", owner: "tenant", provider: "p", senderDomain: "x.test" } as const;
  const silent = OF_A_CUT.slice(1);
  const { cut, breakers } = given(silent);
  await cut(
    ...["a", "b", "c", "d", "e", "f"].map((messageId) =>
      dueWork({ messageId, recipients: [MAY_HAVE, HAS_NOT] }),
    ),
  );
  expect(breakers.lets(use)).toBe(true);
  // The same silence, waited for, would.
  for (let at = 0; at < 6; at += 1) await (await breakers.pass(use))?.settle(silent);
  expect(breakers.lets(use)).toBe(false);
});

test("what is begun only then is given back, and no provider asked", async () => {
  const { deliver, events, timers, asked, stopping } = given([]);
  stopping.abort(new Error("stopped"));
  await deliver({ work, known: [] });
  expect([asked(), told(events)]).toEqual([0, []]);
  expect(timers()).toEqual([{ attempt: 1, rung: 0, to: recipients, at: NOW }]);
});
