import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
let message: string;
let foreign: string;

beforeAll(async () => {
  world = await startWorld();
  message = await tell(world, "a", {
    subject: "Rechnung für März",
    status: "partial",
    recipients: [
      { address: "bob@x.test", status: "delivered" },
      { address: "carl@y.test", status: "dead", reason: "refused" },
    ],
  });
  foreign = await tell(world, "b");
});
afterAll(() => world[Symbol.asyncDispose]());

it("a message tells its state, attempts and timeline", async () => {
  const answer = await world.get("a", `/api/v1/messages/${message}`);
  expect(jsonOf(answer)).toMatchObject({
    id: message,
    tenant: "a",
    client: "192.0.2.1",
    credential: null,
    recipients: [{ address: "bob@x.test" }, { address: "carl@y.test", reason: "refused" }],
    attemptLog: [
      { provider: "sandbox", status: "delivered", durationMs: 12.5, response: "250 ok" },
      { provider: "sandbox", status: "failed", durationMs: 12.5, response: "550 no" },
    ],
    timeline: [
      { type: "accepted", text: "accepted and kept" },
      {
        type: "delivered",
        text: "attempt 1: delivered for 1 recipient by sandbox: 250 ok (rule all: all mail)",
      },
      {
        type: "failed",
        text: "attempt 1: failed for 1 recipient by sandbox: 550 no (rule all: all mail)",
      },
      { type: "deadlettered", text: "given up: a dead letter" },
    ],
  });
});

it("a message is replayed from the log, event by event", async () => {
  const answer = await world.get("a", `/api/v1/messages/${message}/events`);
  const { items, missing } = jsonOf<{ items: { event: object }[]; missing: number[] }>(answer);
  expect(missing).toEqual([]);
  expect(items.map((one) => one.event)).toMatchObject([
    { type: "accepted", messageId: message, header: { subject: "Rechnung für März" } },
    { type: "delivered", outcomes: [{ recipient: "bob@x.test" }] },
    { type: "failed", outcomes: [{ recipient: "carl@y.test" }] },
    { type: "deadlettered", reason: "refused" },
  ]);
});

it("a replay names the events the log does not hold any more", async () => {
  const id = await tell(world, "a", {
    recipients: [{ address: "e@x.test", status: "delivered" }],
  });
  const before = (await world.get("a", `/api/v1/messages/${id}/events`)).json<{
    items: { seq: number }[];
  }>();
  const [first, second] = before.items.map((one) => one.seq);
  await world.deps.nats.jsm.streams.deleteMessage("MAIL", first ?? 0);
  const after = (await world.get("a", `/api/v1/messages/${id}/events`)).json();
  expect(after).toMatchObject({ items: [{ seq: second }], missing: [first] });
});

it("a replay has no event of another tenant, even when the index says so", async () => {
  const id = await tell(world, "a");
  const theirs = (await world.get("b", `/api/v1/messages/${foreign}`)).json<{
    acceptedSeq: number;
  }>();
  await world.engines.owner.query("UPDATE audit SET tenant = 'a', message_id = $1 WHERE seq = $2", [
    id,
    theirs.acceptedSeq,
  ]);
  const answer = (await world.get("a", `/api/v1/messages/${id}/events`)).json();
  expect(answer).toMatchObject({
    items: [{ event: { messageId: id } }],
    missing: [theirs.acceptedSeq],
  });
});

it.each(["", "/events", "/raw"])(
  "a message is unknown when it is not there, or not ours (%s)",
  async (part) => {
    for (const id of ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense", foreign]) {
      const answer = await world.get("a", `/api/v1/messages/${id}${part}`);
      expect(answer.json()).toMatchObject({ status: 404, code: "not_found" });
    }
  },
);

it("a message is told as of any moment, folded from the log", async () => {
  const id = await tell(world, "a", {
    acceptedAt: "2026-01-02T03:04:00.000Z",
    status: "delivered",
    recipients: [{ address: "bob@x.test", status: "delivered" }],
  });
  const at = (moment: string, tenant = "a") =>
    world.get(tenant, `/api/v1/messages/${id}?at=2026-01-02T${moment}Z`);

  expect((await at("03:03:59.999")).statusCode).toBe(404);
  const first = jsonOf(await at("03:04:00.000"));
  expect(first).toMatchObject({
    status: "queued",
    attempts: 0,
    recipients: [{ address: "bob@x.test", status: "queued", response: null }],
    attemptLog: [],
    timeline: [{ type: "accepted" }],
  });
  expect(jsonOf(await at("03:04:05.677"))).toEqual(first);
  const after = jsonOf(await at("03:04:05.678"));
  expect(after).toMatchObject({
    status: "delivered",
    attempts: 1,
    recipients: [{ status: "delivered", response: "250 ok", provider: "sandbox" }],
    attemptLog: [{ status: "delivered" }],
    timeline: [{ type: "accepted" }, { type: "delivered" }],
  });
  expect(jsonOf(await at("23:59:59.999"))).toEqual(after);
  expect((await at("23:59:59.999", "b")).statusCode).toBe(404);
  const answer = await world.get("a", `/api/v1/messages/${id}?at=once`);
  expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field: "at" }] });
});
