import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Directory, makeLogger } from "@waybill/runtime";
import { MemoryBodies, MemoryLog } from "@waybill/runtime/testing";
import {
  dedupeId,
  PLATFORM,
  recipientsOf,
  type Breaker,
  type Entity,
  type FactEvent,
  type Known,
  type Outcome,
  type OutcomeClass,
  type RetryDue,
  type UserSmtp,
} from "@waybill/schemas";
import { OutcomeClass as Classes } from "@waybill/schemas/shapes";
import type { Attempt } from "../providers/provider.ts";
import { breakersIn } from "../testing/breakers.ts";
import { dueWork } from "../testing/due-work.ts";
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

const work = dueWork({
  messageId: "01KDVDNA00ZZZZZZZZZZZZZZZZ",
  routing: { tags: [], fields: {}, user: "ann" },
});

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

const smtpProvider = (id: string): Entity => {
  const smtp = { host: `${id}.test`, port: 25, tls: "none", verify: true } as const;
  return { kind: "provider", type: "smtp", id, name: id, concurrency: 1, smtp };
};

/** The breaker of a provider that is not tried for a minute. */
const leftAlone = (provider: string, seq: number): Breaker => {
  const times = { since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T00:01:00.000Z" };
  const base = { id: provider, provider, owner: "tenant", opens: 1, settings: seq } as const;
  return { kind: "breaker", state: "open", ...base, ...times };
};

const hash = (plain: string): string => `hash of ${plain}`;

/** Delivery for a user with a server of their own beside the system-wide one, and what it left behind. */
function given(answer: Answer, rule: string[] = []) {
  const directory = new Directory();
  const put = (tenant: string, id: string, entity: Entity | null, kind: Entity["kind"]) => {
    const change = { time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
    directory.apply({ tenant, kind, id, entity, ...change });
  };
  put("t1", "ann", settings, "usersmtp");
  put(PLATFORM, SHARED, smtpProvider(SHARED), "provider");
  for (const id of rule) put("t1", id, smtpProvider(id), "provider");
  const then = { type: "providers", providers: rule } as const;
  if (rule.length > 0) put("t1", "r", { kind: "route", id: "r", position: 0, then }, "route");
  const events = new OrderedLog();
  const sent: { by: string; to: string }[] = [];
  let more: Partial<Outcome> = {};
  const say = (also: Partial<Outcome>) => (more = also);
  const send = async (id: string, { recipients }: Attempt): Promise<Outcome[]> =>
    recipients.map((recipient) => {
      sent.push({ by: id, to: recipient });
      const said = answer(id, recipient);
      return { recipient, class: said, response: `${id} said ${said}`, ...more };
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
  const breakers = breakersIn(directory);
  const deliver = makeDeliver({
    breakers,
    events,
    bodies,
    directory,
    hash,
    providers,
    log,
    ...clock,
  });
  const leave = (...ids: string[]) => {
    for (const id of ids)
      put("t1", id, leftAlone(id, directory.lastSeq("t1", "provider", id)), "breaker");
  };
  const remove = () => put("t1", "ann", null, "usersmtp");
  return { deliver, events, sent, remove, say, leave };
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

const because = ({ events }: MemoryLog) =>
  events.map((event) => "route" in event && event.route?.because);

describe("given a rule with three providers", () => {
  const nobodys = { ...work, routing: { tags: [], fields: {} } };
  test("each is asked in turn, and each is told why", async () => {
    const world = given((id) => (id === "r" ? "accepted" : "retry"), ["p", "q", "r"]);
    await world.deliver({ work: nobodys, known: [] });
    expect(told(world.events)).toEqual([
      "failed p one two",
      "failed q one two",
      "delivered r one two",
    ]);
    expect(because(world.events)).toEqual([
      "rule r: all mail",
      "instead of p: rule r: all mail",
      "instead of q: rule r: all mail",
    ]);
  });

  test("a mail that is too large for one is handed to the next, and refused by the last", async () => {
    const world = given(() => "permanent_message", ["p", "q"]);
    await world.deliver({ work: nobodys, known: [] });
    expect(told(world.events)).toEqual(["failed p one two", "deadlettered one two"]);
    const large = given(() => "permanent_message", ["p", "q"]);
    large.say({ category: "size" });
    await large.deliver({ work: nobodys, known: [] });
    expect(told(large.events)).toEqual([
      "failed p one two",
      "failed q one two",
      "deadlettered one two",
    ]);
  });
});

describe("given providers that are left alone", () => {
  const nobodys = { ...work, routing: { tags: [], fields: {} } };

  test("when another one is there, then it is asked alone, and told as what follows", async () => {
    const world = given(() => "accepted", ["p", "q"]);
    world.leave("p");
    await world.deliver({ work: nobodys, known: [] });
    expect(told(world.events)).toEqual(["delivered q one two"]);
    expect(because(world.events)).toEqual(["instead of p: rule r: all mail"]);
  });

  test("when the other one fails, then that was the attempt", async () => {
    const world = given(() => "retry", ["p", "q"]);
    world.leave("q");
    await world.deliver({ work: nobodys, known: [] });
    expect(told(world.events)).toEqual(["failed p one two"]);
    expect(world.events.timers).toMatchObject([{ due: { attempt: 2, rung: 1 } }]);
  });

  test("when there is no other, then the mail waits, and its attempt is not spent", async () => {
    const world = given(() => "accepted", ["p", "q"]);
    world.leave("p", "q");
    await world.deliver({ work: nobodys, known: [] });
    expect([world.sent, world.events.events]).toEqual([[], []]);
    const [timer] = world.events.timers;
    expect(timer).toMatchObject({
      at: new Date("2026-01-01T00:01:00.000Z"),
      due: {
        attempt: 1,
        rung: 0,
        envelope: { recipients: ["one@y.test", "two@y.test"] },
        waiting: { times: 1, for: ["p", "q"] },
      },
    });
  });

  const waitedSince = async (since: string) => {
    const world = given(() => "accepted", ["p"]);
    world.leave("p");
    await world.deliver({ work: nobodys, known: [] });
    const [first] = world.events.timers.splice(0);
    if (first?.due.waiting === undefined) throw new Error("nobody waits");
    const waiting = { ...first.due.waiting, since };
    await world.deliver({ work: { ...first.due, waiting }, known: [] });
    return world.events;
  };

  test("when it has waited for five days, then it waits no longer", async () => {
    const { timers, events } = await waitedSince("2025-12-27T00:00:00.000Z");
    expect(timers).toEqual([]);
    expect(events).toMatchObject([
      { type: "deadlettered", reason: "expired", recipients: work.envelope.recipients },
    ]);
  });

  test("when it has waited for less, then it waits on, since then", async () => {
    const since = "2025-12-27T00:00:00.001Z";
    const { timers, events } = await waitedSince(since);
    expect(timers).toMatchObject([{ due: { waiting: { times: 2, since } } }]);
    expect(events).toEqual([]);
  });

  test("when it is old and was requeued, then it waits like any other", async () => {
    const world = given(() => "accepted", ["p"]);
    world.leave("p");
    const messageId = "01HZZZZZZZZZZZZZZZZZZZZZZZ";
    await world.deliver({ work: { ...nobodys, messageId }, known: [] });
    const since = "2026-01-01T00:00:00.000Z";
    expect(world.events.timers).toMatchObject([{ due: { waiting: { times: 1, since } } }]);
  });

  test("when it waits again, then that is another timer, and who was set for it is not sent to twice", async () => {
    const world = given(() => "accepted", ["p"]);
    world.leave("p");
    await world.deliver({ work: nobodys, known: [] });
    const [first] = world.events.timers;
    if (first === undefined) throw new Error("nobody waits");
    await world.deliver({ work: first.due, known: [] });
    const ids = world.events.timers.map(({ due }) => dedupeId(due));
    expect(new Set(ids).size).toBe(2);
    const again = given(() => "accepted", ["p"]);
    await again.deliver({ work: nobodys, known: [first.due] });
    expect(again.sent).toEqual([]);
    await again.deliver({ work: first.due, known: [first.due] });
    expect(again.sent).toHaveLength(2);
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
  const saying = fc.tuple(said, said, said, said);
  const ways = [OWN, "p", "q", "r"];
  const left = fc.uniqueArray(fc.constantFrom("p", "q", "r"));
  await fc.assert(
    fc.asyncProperty(saying, saying, left, fc.nat({ max: 14 }), async (one, two, idle, crash) => {
      const answer: Answer = (id, to) =>
        (to.startsWith("one") ? one : two)[ways.indexOf(id)] ?? "retry";
      const before = given(answer, ["p", "q", "r"]);
      before.leave(...idle);
      await before.deliver({ work, known: [] });
      const known = before.events.known.slice(0, crash);
      const again = given(answer, ["p", "q", "r"]);
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
