import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Directory, makeLogger } from "@waybill/runtime";
import { MemoryBodies, MemoryLog } from "@waybill/runtime/testing";
import {
  PLATFORM,
  recipientsOf,
  type Entity,
  type FactEvent,
  type Known,
  type Outcome,
  type OutcomeClass,
  type RetryDue,
  type UserSmtp,
  type WorkEvent,
} from "@waybill/schemas";
import { OutcomeClass as Classes } from "@waybill/schemas/shapes";
import type { Attempt } from "../providers/provider.ts";
import { makeDeliver } from "./deliver.ts";

const OWN = "user:ann";
const SHARED = "s";

const settings: UserSmtp = {
  kind: "usersmtp",
  id: "ann",
  host: "mail.x.test",
  port: 587,
  secure: false,
  user: "ann",
  sealedPassword: "sealed",
  updatedAt: "2026-01-01T00:00:00.000Z",
  updatedBy: "ann",
};

const work: WorkEvent = {
  type: "due",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  tenant: "t1",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 1,
  rung: 0,
  envelope: { from: "a@x.test", recipients: ["one@y.test", "two@y.test"], utf8: false },
  body: { store: "jetstream", chunks: [1], size: 4, sha256: "" },
  routing: { tags: [], fields: {}, user: "ann" },
};

/** What a provider, by its id, says to a recipient. */
type Answer = (provider: string, recipient: string) => OutcomeClass;

/** A log, and what is in it in the order in which it got there. */
class OrderedLog extends MemoryLog {
  readonly known: Known[] = [];

  override append(event: FactEvent): Promise<number> {
    this.known.push(event);
    return super.append(event);
  }

  override schedule(due: RetryDue, at: Date): Promise<void> {
    this.known.push(due);
    return super.schedule(due, at);
  }
}

/** Delivery for a user with a server of their own beside the system-wide one, and what it left behind. */
function given(answer: Answer) {
  const directory = new Directory();
  const put = (tenant: string, id: string, entity: Entity | null, kind: Entity["kind"]) => {
    const change = { time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
    directory.apply({ tenant, kind, id, entity, ...change });
  };
  put("t1", "ann", settings, "usersmtp");
  const shared = { type: "sandbox", id: SHARED, name: SHARED, concurrency: 1 } as const;
  const smtp = { host: "s.test", port: 25, tls: "none", verify: true } as const;
  put(PLATFORM, SHARED, { ...shared, kind: "provider", type: "smtp", smtp }, "provider");
  const events = new OrderedLog();
  const sent: { by: string; to: string }[] = [];
  const send = async (id: string, { recipients }: Attempt): Promise<Outcome[]> =>
    recipients.map((recipient) => {
      sent.push({ by: id, to: recipient });
      const said = answer(id, recipient);
      return { recipient, class: said, response: `${id} said ${said}` };
    });
  const providers = {
    get: (_owner: string, { id }: { id: string }) => ({
      id,
      kind: "smtp",
      keepsBytes: true,
      send: (attempt: Attempt) => send(id, attempt),
      close: () => undefined,
    }),
  };
  const log = makeLogger("silent", "test");
  const clock = { now: () => Date.UTC(2026, 0, 1), random: () => 0 };
  const bodies = new MemoryBodies();
  const deliver = makeDeliver({ events, bodies, directory, providers, log, ...clock });
  const remove = () => put("t1", "ann", null, "usersmtp");
  return { deliver, events, sent, remove };
}

const told = ({ events }: MemoryLog): string[] =>
  events.map((event) => {
    const by = "provider" in event ? event.provider.id : "";
    const whom = recipientsOf(event as FactEvent).map((one) => one.split("@")[0]);
    return [event.type, by, ...whom].filter(Boolean).join(" ");
  });

describe("given a user's own server", () => {
  test("when it takes the mail, then nobody else is asked", async () => {
    const world = given(() => "accepted");
    await world.deliver({ work, known: [] });
    expect(told(world.events)).toEqual([`delivered ${OWN} one two`]);
  });

  test.each(["retry", "throttled", "quota", "auth", "config"] as const)(
    "when it fails with %s, then the same attempt goes on without it, and both are told",
    async (failure) => {
      const world = given((id) => (id === OWN ? failure : "accepted"));
      await world.deliver({ work, known: [] });
      expect(told(world.events)).toEqual([`failed ${OWN} one two`, `delivered ${SHARED} one two`]);
      expect(world.events.timers).toEqual([]);
      expect(world.events.events.map((event) => "route" in event && event.route?.because)).toEqual([
        "the user's own SMTP server",
        "instead of the user's own SMTP server: the system-wide provider",
      ]);
    },
  );

  test.each(["ambiguous", "permanent_recipient", "permanent_message"] as const)(
    "when it answers %s, then nobody else is asked",
    async (said) => {
      const world = given(() => said);
      await world.deliver({ work, known: [] });
      expect(world.sent.map(({ by }) => by)).toEqual([OWN, OWN]);
    },
  );

  test("when only some fail, then only they go on", async () => {
    const world = given((id, to) => (id === OWN && to.startsWith("two") ? "retry" : "accepted"));
    await world.deliver({ work, known: [] });
    expect(told(world.events)).toEqual([
      `delivered ${OWN} one`,
      `failed ${OWN} two`,
      `delivered ${SHARED} two`,
    ]);
  });

  test("when both fail, then both are told, and there is one timer", async () => {
    const world = given(() => "retry");
    await world.deliver({ work, known: [] });
    expect(told(world.events)).toEqual([`failed ${OWN} one two`, `failed ${SHARED} one two`]);
    expect(world.events.timers).toHaveLength(1);
  });

  test("when it is removed, then the next mail goes without it", async () => {
    const world = given(() => "accepted");
    world.remove();
    await world.deliver({ work, known: [] });
    expect(told(world.events)).toEqual([`delivered ${SHARED} one two`]);
  });
});

const whom = (known: Known): string[] =>
  known.type === "due" ? known.envelope.recipients : recipientsOf(known);

/** How often a recipient was settled: delivered, given up, or left to a timer. */
const settled = ({ events, timers }: OrderedLog, recipient: string): number => {
  const ends = (events as FactEvent[]).filter(({ type }) =>
    ["delivered", "deadlettered"].includes(type),
  );
  const all = [...ends, ...timers.map(({ due }) => due)];
  return all.filter((known) => whom(known).includes(recipient)).length;
};

test("whatever the answers, and wherever a crash comes, nobody gets it twice and nobody is lost", async () => {
  const said = fc.constantFrom(...Classes.options);
  const saying = fc.tuple(said, said);
  await fc.assert(
    fc.asyncProperty(saying, saying, fc.nat({ max: 8 }), async (one, two, crash) => {
      const answer: Answer = (id, to) => (to.startsWith("one") ? one : two)[id === OWN ? 0 : 1];
      const before = given(answer);
      await before.deliver({ work, known: [] });
      const known = before.events.known.slice(0, crash);
      const again = given(answer);
      for (const what of known)
        await (what.type === "due"
          ? again.events.schedule(what, new Date())
          : again.events.append(what));
      await again.deliver({ work, known });
      for (const recipient of work.envelope.recipients)
        expect(settled(again.events, recipient)).toBe(1);
      const have = known.filter(({ type }) => type === "delivered").flatMap(whom);
      expect(again.sent.filter(({ to }) => have.includes(to))).toEqual([]);
    }),
  );
});
