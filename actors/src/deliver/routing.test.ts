import { text } from "node:stream/consumers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Directory, makeLogger, suppressionIdOf } from "@waybill/runtime";
import { MemoryBodies, MemoryLog } from "@waybill/runtime/testing";
import {
  explainRoute,
  PLATFORM,
  recipientsOf,
  type Entity,
  type OutcomeEvent,
  type Outcome,
  type Route,
  type RouteAction,
  type RouteConditions,
  type RoutingFacts,
  type Tenant,
  type WorkEvent,
} from "@waybill/schemas";
import type { Attempt } from "../providers/provider.ts";
import { breakersIn } from "../testing/breakers.ts";
import { dueWork } from "../testing/due-work.ts";
import { makeDeliver } from "./deliver.ts";

const MAIL = "Subject: hello\r\n\r\nHello\r\n";

const tenant: Tenant = {
  kind: "tenant",
  id: "t1",
  name: "T1",
  concurrency: 1,
  retryLadder: [30],
  onAmbiguous: "retry",
};
const provider = (id: string): Entity => ({
  kind: "provider",
  type: "sandbox",
  id,
  name: id,
  concurrency: 1,
});
const by = (...providers: string[]): RouteAction => ({ type: "providers", providers });
const rule = (id: string, position: number, then: RouteAction, when?: RouteConditions): Route => ({
  kind: "route",
  id,
  position,
  then,
  ...(when && { when }),
});

/** A provider's answer to an address. */
type Answer = (recipient: string) => Pick<Outcome, "class" | "response">;
const yes: Answer = () => ({ class: "accepted", response: "250 ok" });

/** What a provider was handed, by its owner and id. */
type Sent = { by: string; recipients: readonly string[]; size: number; body: string };

const hash = (plain: string): string => `hash of ${plain}`;

/** Delivery as configured, with providers that answer as told, and what it left behind. */
function given(entities: Entity[], answer: Answer = yes) {
  const directory = new Directory();
  const put = (owner: string, entity: Entity) => {
    const change = { time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
    directory.apply({ tenant: owner, kind: entity.kind, id: entity.id, entity, ...change });
  };
  for (const entity of entities) put("t1", entity);
  put(PLATFORM, provider("s"));
  const [events, bodies] = [new MemoryLog(), new MemoryBodies()];
  const sent: Sent[] = [];
  const send = async (name: string, { recipients, size, body }: Attempt) => {
    sent.push({ by: name, recipients, size, body: await text(body()) });
    return recipients.map((recipient) => ({ recipient, ...answer(recipient) }));
  };
  const providers = {
    get: (owner: string, { id, type }: { id: string; type: string }) => ({
      id,
      kind: type,
      keepsBytes: true,
      send: (attempt: Attempt) => send(`${owner}/${id}`, attempt),
      close: () => undefined,
    }),
  };
  const log = makeLogger("silent", "test");
  const clock = { now: () => Date.UTC(2026, 0, 1), random: () => 0 };
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
  return { deliver, directory, events, bodies, sent };
}

async function workFor(
  { bodies }: { bodies: MemoryBodies },
  recipients: string[],
  routing: Partial<RoutingFacts> = {},
): Promise<WorkEvent> {
  const body = await bodies.write({}, ReadableStream.from([Buffer.from(MAIL)]));
  return dueWork({ recipients, body, routing: { tags: [], fields: {}, ...routing } });
}

const facts = ({ events }: { events: MemoryLog }): OutcomeEvent[] =>
  events.events as OutcomeEvent[];

const routeOf = (fact: OutcomeEvent) => ("route" in fact ? fact.route : undefined);

describe("given a tenant that was deleted while its mail was queued", () => {
  const redirected = { ...tenant, redirectTo: "test@x.test" };
  const change = { time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };

  test("the mail reaches nobody, and ends as a dead letter", async () => {
    const world = given([redirected]);
    const of = { tenant: "t1", kind: "tenant", id: "t1" } as const;
    world.directory.apply({ ...of, entity: null, ...change });
    await world.deliver({ work: await workFor(world, ["1@y.test", "2@y.test"]), known: [] });
    expect(world.sent).toEqual([]);
    expect(facts(world)).toMatchObject([
      { type: "deadlettered", reason: "tenant_deleted", recipients: ["1@y.test", "2@y.test"] },
    ]);
  });

  test("mail of one that nobody has heard of yet is sent", async () => {
    const world = given([]);
    await world.deliver({ work: await workFor(world, ["1@y.test"]), known: [] });
    expect(world.sent).toMatchObject([{ by: "platform/s" }]);
  });
});

describe("given rules for domains of recipients", () => {
  const entities = [
    provider("p"),
    rule("y", 0, by("p"), { recipientDomains: ["y.test"] }),
    rule("no", 1, { type: "reject", reason: "never there" }, { recipientDomains: ["no.test"] }),
  ];

  test("one message goes by two providers and is refused for a third, one event each", async () => {
    const world = given(entities);
    const to = ["1@y.test", "2@Y.test", "3@z.test", "4@no.test"];
    await world.deliver({ work: await workFor(world, to), known: [] });
    expect(world.sent.map((one) => [one.by, one.recipients])).toEqual([
      ["t1/p", ["1@y.test", "2@Y.test"]],
      ["platform/s", ["3@z.test"]],
    ]);
    const told = facts(world).map((fact) => [fact.type, recipientsOf(fact), routeOf(fact)?.rule]);
    expect(told).toHaveLength(3);
    expect(told).toEqual(
      expect.arrayContaining([
        ["delivered", ["1@y.test", "2@Y.test"], "y"],
        ["delivered", ["3@z.test"], undefined],
        ["deadlettered", ["4@no.test"], "no"],
      ]),
    );
    expect(facts(world).find(({ type }) => type === "deadlettered")).toMatchObject({
      reason: "rejected",
      detail: "never there",
      route: { rule: "no", because: "rule no: recipientDomains" },
    });
  });

  test("what was not sent is put back, and what was is not sent again", async () => {
    const world = given(entities, (recipient) => {
      if (recipient.endsWith("@z.test")) throw new Error("the store is away");
      return yes(recipient);
    });
    const work = await workFor(world, ["1@y.test", "3@z.test"]);
    await expect(world.deliver({ work, known: [] })).rejects.toThrow("away");
    expect(facts(world).map(recipientsOf)).toEqual([["1@y.test"]]);
    const again = given(entities);
    await again.deliver({ work, known: facts(world) });
    expect(again.sent.map(({ recipients }) => recipients)).toEqual([["3@z.test"]]);
  });
});

describe("given a redirect", () => {
  const entities = [
    provider("p"),
    { ...tenant, redirectTo: "dev@ours.test", defaultProvider: "p" },
  ];

  test("its address is told once, with fields that say for whom it was, and all share the outcome", async () => {
    const world = given(entities);
    await world.deliver({ work: await workFor(world, ["b@y.test", 'ü"@y.test']), known: [] });
    const fields = [
      "X-Waybill-Tenant: t1",
      "X-Waybill-Message-Id: 01HZZZZZZZZZZZZZZZZZZZZZZZ",
      "X-Waybill-Original-Recipient: b@y.test",
      'X-Waybill-Original-Recipient: \\x{FC}"@y.test',
    ];
    const body = [...fields, MAIL].join("\r\n");
    expect(world.sent).toEqual([
      { by: "t1/p", recipients: ["dev@ours.test"], size: body.length, body },
    ]);
    expect(facts(world)).toMatchObject([
      {
        type: "delivered",
        outcomes: [{ recipient: "b@y.test" }, { recipient: 'ü"@y.test' }],
        route: { redirectedTo: "dev@ours.test" },
      },
    ]);
  });

  test("to an address on the suppression list, nothing is sent and everybody ends so", async () => {
    const id = suppressionIdOf("dev@ours.test");
    const held = { address: "dev@ours.test", reason: "manual", origin: "manual" } as const;
    const at = "2026-01-01T00:00:00.000Z";
    const world = given([...entities, { kind: "suppression", id, at, ...held }]);
    await world.deliver({ work: await workFor(world, ["b@y.test", "c@z.test"]), known: [] });
    expect(world.sent).toEqual([]);
    expect(facts(world)).toMatchObject([
      { type: "suppressed", suppressions: [{ recipient: "b@y.test" }, { recipient: "c@z.test" }] },
    ]);
  });

  test("that fails for now, everybody is tried again", async () => {
    const world = given(entities, () => ({ class: "retry", response: "451 later" }));
    await world.deliver({ work: await workFor(world, ["b@y.test", "c@z.test"]), known: [] });
    expect(world.events.timers.map(({ due }) => due.envelope.recipients)).toEqual([
      ["b@y.test", "c@z.test"],
    ]);
  });
});

test("fields that tell whose mail it is name no recipient unless it is redirected", async () => {
  const world = given([{ ...tenant, addTraceFields: true }]);
  await world.deliver({ work: await workFor(world, ["b@y.test", "c@z.test"]), known: [] });
  const fields = "X-Waybill-Tenant: t1\r\nX-Waybill-Message-Id: 01HZZZZZZZZZZZZZZZZZZZZZZZ\r\n";
  expect(world.sent.map(({ body }) => body)).toEqual([fields + MAIL]);
});

test("mail goes out as it came when nothing is to be told", async () => {
  const world = given([tenant]);
  await world.deliver({ work: await workFor(world, ["b@y.test"]), known: [] });
  expect(world.sent).toMatchObject([{ body: MAIL, size: MAIL.length }]);
});

test("mail handed in for testing stays so when it is tried again", async () => {
  const world = given([provider("p"), rule("all", 0, by("p"))], () => ({
    class: "retry",
    response: "451 later",
  }));
  const work = await workFor(world, ["deferred@sandbox.waybill.test"], { test: true });
  await world.deliver({ work, known: [] });
  const due = world.events.timers[0]?.due;
  if (due === undefined) throw new Error("no timer was set");
  await world.deliver({ work: due, known: [] });
  expect(world.sent.map((one) => one.by)).toEqual(["(builtin)/sandbox", "(builtin)/sandbox"]);
});

const action = fc.constantFrom<RouteAction>(
  by("p"),
  by("gone", "q"),
  { type: "sandbox" },
  { type: "reject", reason: "no" },
  { type: "redirect", to: "z@ours.test" },
);
const when = fc.constantFrom<RouteConditions | undefined>(
  undefined,
  { tags: ["news"] },
  { recipientDomains: ["y.test"] },
  { maxSize: 1 },
);

test("what the events say is what the explanation says, for any rules", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(action, when), { maxLength: 5 }),
      fc.boolean(),
      async (rules, isTagged) => {
        const routes = rules.map(([then, asks], at) => rule(`r${at}`, at, then, asks));
        const world = given([provider("p"), provider("q"), tenant, ...routes]);
        const to = ["1@y.test", "2@z.test", "3@y.test"];
        const work = await workFor(world, to, { tags: isTagged ? ["news"] : [] });
        await world.deliver({ work, known: [] });
        const { envelope, body, routing } = work;
        const asked = { tenant: "t1", from: envelope.from, size: body.size, routing };
        for (const recipient of to) {
          const of = facts(world).filter((fact) => recipientsOf(fact).includes(recipient));
          const { route } = explainRoute({ ...asked, recipient }, world.directory);
          expect(of.map(routeOf)).toEqual([route]);
        }
      },
    ),
  );
});
