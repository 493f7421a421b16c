import { expect, test, vi } from "vitest";
import { Directory, makeLogger } from "@waybill/runtime";
import { MemoryBodies, MemoryLog } from "@waybill/runtime/testing";
import type { Outcome, Provider as Settings } from "@waybill/schemas";
import type { Provider, Tell } from "../providers/provider.ts";
import { breakersIn } from "../testing/breakers.ts";
import { dueWork } from "../testing/due-work.ts";
import { openRecipients } from "./decide.ts";
import { makeDeliver } from "./deliver.ts";

const SERVER = { host: "mx.test", port: 25, tls: "none", verify: false } as const;
const recipients = ["a@y.test", "b@y.test", "c@y.test", "d@y.test"];
const [A, B, C, D] = recipients as [string, string, string, string];
const work = dueWork({ recipients });

const outcome = (recipient: string, said: Outcome["class"] = "accepted"): Outcome => ({
  recipient,
  class: said,
  response: said,
});

/** Delivery by a provider that sends in turns, as the test lets it. */
function given() {
  const directory = new Directory();
  const entity = { kind: "provider", type: "smtp", id: "p", name: "p" } as const;
  const about = { tenant: "t1", time: "2026-01-01T00:00:00.000Z", actor: "t", reason: "t" };
  const settings: Settings = { ...entity, concurrency: 1, smtp: SERVER };
  const all = [
    { kind: "tenant", id: "t1", name: "t1", concurrency: 1, retryLadder: [60] },
    settings,
    { kind: "route", id: "r", position: 0, then: { type: "providers", providers: ["p"] } },
  ] as const;
  for (const one of all)
    directory.apply({ ...about, kind: one.kind, id: one.id, entity: one as never });
  const events = new MemoryLog();
  const asked = Promise.withResolvers<Tell>();
  const answer = Promise.withResolvers<Outcome[]>();
  const provider: Provider = {
    id: "p",
    kind: "test",
    keepsBytes: true,
    send: ({ tell }) => {
      asked.resolve(tell ?? (() => undefined));
      return answer.promise;
    },
    close: () => undefined,
  };
  const deliver = makeDeliver({
    events,
    bodies: new MemoryBodies(),
    directory,
    hash: (text) => text,
    providers: { get: () => provider },
    breakers: breakersIn(directory),
    log: makeLogger("silent", "test"),
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0,
  });
  return { ended: deliver({ work, known: [] }), asked, answer, events };
}

const told = ({ events }: MemoryLog): string[] =>
  events.map((one) =>
    "outcomes" in one ? `${one.type} ${one.outcomes.map((of) => of.recipient).join()}` : one.type,
  );

test("whom a provider has taken is recorded while it sends to the others", async () => {
  const { asked, events } = given();
  const tell = await asked.promise;
  tell([outcome(A)]);
  tell([outcome(B), outcome(C, "retry")]);
  await vi.waitFor(() => expect(told(events)).toEqual([`delivered ${A},${B}`]));
  // Whoever makes this attempt anew, after a crash, sends to the others only.
  expect(openRecipients(work, events.events as never)).toEqual([C, D]);
});

test("at the end the others are recorded, and nobody a second time", async () => {
  const { asked, answer, events, ended } = given();
  const tell = await asked.promise;
  tell([outcome(A)]);
  await vi.waitFor(() => expect(events.events).toHaveLength(1));
  tell([outcome(B)]);
  answer.resolve([outcome(A), outcome(B), outcome(C, "retry"), outcome(D, "permanent_recipient")]);
  await ended;
  expect(told(events)).toEqual([
    `delivered ${A}`,
    `delivered ${B}`,
    `failed ${D}`,
    "deadlettered",
    `failed ${C}`,
  ]);
  expect(events.timers.map(({ due }) => due.envelope.recipients)).toEqual([[C]]);
});
