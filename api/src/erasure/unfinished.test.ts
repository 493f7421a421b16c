import { makeWake, type Nats, replay, Slots, STREAMS, workLanes } from "@waybill/runtime";
import {
  type MailEvent,
  type MessageAccepted,
  type RetryDue,
  tenantEvents,
} from "@waybill/schemas";
import { afterAll, beforeAll, expect, it } from "vitest";
import { acceptedOf } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";
import { erase as eraseWith } from "./erase.ts";

const HOUR = 3_600_000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function erase(address: string): Promise<string> {
  const [method, url, payload] = ["POST", "/api/v1/erasures", { address }] as const;
  const answer = await world.as("a", { method, url, payload });
  return answer.statusCode === 202 ? "erased" : answer.json<{ code: string }>().code;
}

const append = (event: MailEvent): Promise<number> => world.deps.events.append(event);

async function accept(address: string): Promise<MessageAccepted> {
  const accepted = await acceptedOf(world, "a", { recipients: [{ address, status: "queued" }] });
  await append(accepted);
  return accepted;
}

function dueAfter(accepted: MessageAccepted): RetryDue {
  const { messageId, tenant, time, traceId, envelope, body, routing } = accepted;
  const work = { messageId, tenant, time, traceId, envelope, body, routing };
  return { type: "due", ...work, attempt: 2, rung: 1 };
}

/** How an attempt went that was to one recipient. */
async function tried(
  { messageId, tenant, time, traceId, attempt, envelope }: MessageAccepted | RetryDue,
  how: { type: "delivered" } | { type: "ambiguous"; retryAt: string },
): Promise<void> {
  const [recipient = ""] = envelope.recipients;
  const attempted = { messageId, tenant, time, traceId, attempt, durationMs: 1 };
  const by = { provider: { id: "main", kind: "smtp" }, route: { because: "test" } };
  const outcome = how.type === "delivered" ? "accepted" : "ambiguous";
  const outcomes = [{ recipient, class: outcome, response: "" } as const];
  await append({ ...how, ...attempted, ...by, outcomes });
}

/** The answer to the first attempt was lost: there is to be another. */
async function retryLater(accepted: MessageAccepted): Promise<void> {
  const at = new Date(Date.now() + HOUR);
  await world.deps.events.schedule(dueAfter(accepted), at);
  await tried(accepted, { type: "ambiguous", retryAt: at.toISOString() });
}

/** The provider's webhook tells that it arrived. */
async function confirm({ messageId, tenant, time, traceId, envelope }: MessageAccepted) {
  const [recipient = ""] = envelope.recipients;
  const origin = { source: "webhook", binding: "hook", eventId: messageId } as const;
  const told = { messageId, tenant, time, traceId, recipient, at: time, origin };
  await append({ type: "confirmed", ...told });
}

async function* eventsOf(type: "due" | "*"): AsyncGenerator<MailEvent> {
  const asked = { stream: STREAMS.mail, filters: [tenantEvents("a", type)] };
  for await (const one of replay(world.deps.nats, asked)) yield one.json<MailEvent>();
}

async function hasFired({ messageId }: MessageAccepted): Promise<boolean> {
  for await (const due of eventsOf("due")) if (due.messageId === messageId) return true;
  return false;
}

async function fire(accepted: MessageAccepted): Promise<void> {
  const { nats, config } = world.deps;
  const isWanted = ({ messageId }: RetryDue) => messageId === accepted.messageId;
  expect(await makeWake(nats, config.WAYBILL_LANES)({ tenant: "a", isWanted })).toBe(1);
  await expect.poll(() => hasFired(accepted), { timeout: 30_000 }).toBe(true);
}

/** Has actors settle every item, as if all were known to them and nothing left to do, while something is done. */
async function whileSettled(work: () => Promise<void>): Promise<void> {
  const { nats, log, config } = world.deps;
  const settles = { handle: async () => undefined, concurrencyOf: () => 20, slots: new Slots(100) };
  const worker = await workLanes(config.WAYBILL_LANES, { nats, log, ...settles });
  try {
    await work();
  } finally {
    await worker.drain();
  }
}

async function erasedInTheEnd(address: string): Promise<void> {
  await expect.poll(() => erase(address), { timeout: 30_000 }).toBe("erased");
}

async function expectNothingOf(address: string): Promise<void> {
  for await (const event of eventsOf("*")) expect(JSON.stringify(event)).not.toContain(address);
}

it("waits for a timer that is set, and for what it puts into the log, of mail that is told to have arrived", async () => {
  const accepted = await accept("ann@x.test");
  await retryLater(accepted);
  await confirm(accepted);
  expect(await erase("ann@x.test")).toBe("unfinished");
  await fire(accepted);
  expect(await erase("ann@x.test")).toBe("unfinished");
  await whileSettled(() => erasedInTheEnd("ann@x.test"));
  await expectNothingOf("ann@x.test");
});

it("waits for an item that is told to have arrived, and that nobody has acted on to its end", async () => {
  const accepted = await accept("bea@x.test");
  await confirm(accepted);
  expect(await erase("bea@x.test")).toBe("unfinished");
  await whileSettled(() => erasedInTheEnd("bea@x.test"));
});

it("waits for the timer of one of two attempts, of which the other delivered", async () => {
  const accepted = await accept("cid@x.test");
  await retryLater(accepted);
  await tried(accepted, { type: "delivered" });
  expect(await erase("cid@x.test")).toBe("unfinished");
  await fire(accepted);
  expect(await erase("cid@x.test")).toBe("unfinished");
  await tried(dueAfter(accepted), { type: "delivered" });
  expect(await erase("cid@x.test")).toBe("erased");
  await expectNothingOf("cid@x.test");
});

/** A log to which something is added while it is told what is erased. */
function busyLog(nats: Nats, add: () => Promise<void>): Nats {
  let isAdded = false;
  const publish: Nats["js"]["publish"] = async (subject, ...rest) => {
    if (subject.startsWith("erased.") && !isAdded) {
      isAdded = true;
      await add();
    }
    return nats.js.publish(subject, ...rest);
  };
  const get = (js: Nats["js"], key: string): unknown =>
    key === "publish" ? publish : Reflect.get(js, key);
  return { ...nats, js: new Proxy(nats.js, { get }) };
}

it("waits for the timer of mail that came while it was at work", async () => {
  await tried(await accept("dan@x.test"), { type: "delivered" });
  const nats = busyLog(world.deps.nats, async () => {
    const another = await accept("dan@x.test");
    await retryLater(another);
    await confirm(another);
  });
  const asking = { tenant: "a", actor: "test", ip: "192.0.2.1", reason: undefined };
  await expect(
    eraseWith({ ...world.deps, nats }, asking, { address: "dan@x.test" }),
  ).rejects.toMatchObject({ code: "unfinished" });
  const begun = world.deps.directory.entities("a", "erasure").filter((one) => !one.finishedAt);
  expect(begun).toHaveLength(1);
});
