import type { DeadLettered } from "@waybill/schemas";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tell } from "../testing/history.ts";
import { keyOf, startWorld, type World } from "../testing/world.ts";

let world: World;
let origin: string;
let messages: string[];

beforeAll(async () => {
  world = await startWorld();
  const recipients = [{ address: "bob@x.test", status: "delivered" }] as const;
  messages = [];
  for (const tenant of ["a", "b", "a"])
    messages.push(await tell(world, tenant, { recipients: [...recipients] }));
  origin = await world.app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => world[Symbol.asyncDispose]());

type Line = { seq: number; type: string; tenant: string; messageId: string };

async function exported(query: string, tenant = "a"): Promise<Line[]> {
  const answer = await world.get(tenant, `/api/v1/audit/events?${query}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/x-ndjson");
  const lines = answer.body.split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => JSON.parse(line) as Line);
}

const sequences = (lines: Line[]) => lines.map((line) => line.seq);

describe("an export of the log", () => {
  it("has every event of the tenant, and nobody else's, in order", async () => {
    const lines = await exported("");
    expect(lines.map((line) => [line.messageId, line.type])).toEqual([
      [messages[0], "accepted"],
      [messages[0], "delivered"],
      [messages[2], "accepted"],
      [messages[2], "delivered"],
    ]);
    expect(sequences(lines)).toEqual(sequences(lines).toSorted((a, b) => a - b));
    expect(new Set(lines.map((line) => line.tenant))).toEqual(new Set(["a"]));
    expect((await exported("", "b")).map((line) => line.messageId)).toEqual([
      messages[1],
      messages[1],
    ]);
  });

  it("goes on after a sequence", async () => {
    const [first, second, ...rest] = sequences(await exported(""));
    expect(sequences(await exported("limit=2"))).toEqual([first, second]);
    expect(sequences(await exported(`after=${second}`))).toEqual(rest);
    expect(await exported(`after=${rest.at(-1)}`)).toEqual([]);
  });

  it("has the events of one type, or of one message", async () => {
    expect((await exported("type=accepted")).map((line) => line.messageId)).toEqual([
      messages[0],
      messages[2],
    ]);
    expect((await exported(`message=${messages[2]}`)).map((line) => line.type)).toEqual([
      "accepted",
      "delivered",
    ]);
    expect(await exported(`message=${messages[1]}`)).toEqual([]);
  });

  it("has the events of a span of time", async () => {
    await sleep(20);
    const between = new Date().toISOString();
    await sleep(20);
    const late = await tell(world, "a");
    expect((await exported(`from=${between}`)).map((line) => line.messageId)).toEqual([late]);
    expect((await exported(`to=${between}`)).map((line) => line.messageId)).not.toContain(late);
    expect(await exported("from=2100-01-01T00:00:00Z")).toEqual([]);
  });

  it("refuses what it does not know, by name", async () => {
    const answer = await world.get("a", "/api/v1/audit/events?type=lost&since=1");
    expect(answer.json()).toMatchObject({
      code: "invalid_request",
      errors: [{ field: "type" }, { field: "since" }],
    });
  });
});

const openExport = () =>
  fetch(`${origin}/api/v1/audit/events`, { headers: { authorization: `Bearer ${keyOf("a")}` } });
const consumers = async () => (await world.deps.nats.jsm.streams.info("MAIL")).state.consumer_count;

async function settles(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await sleep(20);
}

describe("a long export", () => {
  const BIG = 3000;

  beforeAll(async () => {
    const id = await tell(world, "a");
    const time = new Date().toISOString();
    const fact = (attempt: number): DeadLettered => ({
      type: "deadlettered",
      messageId: id,
      tenant: "a",
      time,
      traceId: "",
      attempt,
      reason: "refused",
      recipients: [],
      detail: "x".repeat(8000),
    });
    await Promise.all(Array.from({ length: BIG }, (_, at) => world.deps.events.append(fact(at))));
  });

  it("waits for a client that reads slowly, and then gives it all", async () => {
    const answer = await openExport();
    await sleep(300);
    expect(await consumers()).toBe(1);
    const lines = (await answer.text()).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(BIG);
    await settles(async () => (await consumers()) === 0);
  });

  it("ends on the server when the client goes away", async () => {
    const answer = await openExport();
    const reader = answer.body?.getReader();
    await reader?.read();
    expect(await consumers()).toBe(1);
    await reader?.cancel();
    await settles(async () => (await consumers()) === 0);
  });

  it("breaks the connection when the log goes away in between", async () => {
    const answer = await openExport();
    await world.engines.natsServer.stop();
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("terminated");
  });
});
