import { newMessageId } from "@waybill/runtime";
import type { Entity, OutcomeClass } from "@waybill/schemas";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { put, startWorld, type World } from "../testing/world.ts";

let world: World;
let seq = 0;

beforeAll(async () => {
  world = await startWorld();
  for (const tenant of ["a", "b"]) {
    const provider = { kind: "provider", type: "sandbox", id: "p", name: "p" } as const;
    const written = await put(world.deps.nats, tenant, { ...provider, concurrency: 1 });
    await world.deps.directory.reached(written);
  }
});

afterAll(() => world[Symbol.asyncDispose]());

async function tried(tenant: string, provider: string, one: OutcomeClass): Promise<void> {
  seq += 1;
  const status = one === "accepted" ? "delivered" : "failed";
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString();
  await world.engines.owner.query(
    `INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status, recipients,
       duration_ms, response, at, class)
     VALUES ($1, $2, $3, 1, $4, 'smtp', $5, '{}', 1, $6, $7, $8)`,
    [tenant, seq, newMessageId(), provider, status, `said ${one}`, at, one],
  );
}

const health = async (tenant: string, id = "p") =>
  world.get(tenant, `/api/v1/providers/${id}/health`);

test("it is told by the tenant's own last attempts with that provider", async () => {
  const closed = { state: "closed", since: null, until: null, opens: 0, reason: null };
  const breakers = { breaker: closed, senderDomains: [] };
  const unknown = { state: "unknown", lastSuccess: null, lastError: null, ...breakers };
  expect(jsonOf(await health("a"))).toEqual(unknown);
  await tried("a", "p", "accepted");
  for (let at = 0; at < 7; at += 1) await tried("a", "p", "auth");
  await tried("a", "q", "accepted");
  await tried("b", "p", "accepted");
  expect(jsonOf(await health("a"))).toEqual({
    state: "down",
    lastSuccess: { at: "2026-01-01T00:00:01.000Z" },
    lastError: { at: "2026-01-01T00:00:08.000Z", class: "auth", response: "said auth" },
    ...breakers,
  });
  expect(jsonOf(await health("b"))).toMatchObject({ state: "up", lastError: null });
});

test("of one that the tenant has not, nothing is told", async () => {
  expect((await health("a", "q")).statusCode).toBe(404);
});

test("whether it is left alone is told, of it and of all there are", async () => {
  const since = "2026-01-01T00:00:00.000Z";
  const until = "2026-01-01T00:00:30.000Z";
  const reason = { class: "auth", response: "535 no" } as const;
  const told = { state: "open", since, until, opens: 1, reason } as const;
  const whole = { kind: "breaker", provider: "p", owner: "tenant", settings: 0, ...told } as const;
  const known: Entity[] = [
    { ...whole, id: "p" },
    { ...whole, id: "p@x.test", senderDomain: "x.test" },
    { ...whole, id: "shared", provider: "shared", owner: "platform" },
  ];
  for (const entity of known)
    await world.deps.directory.reached(await put(world.deps.nats, "a", entity));
  const senderDomains = [{ senderDomain: "x.test", ...told }];
  expect(jsonOf(await health("a"))).toMatchObject({ breaker: told, senderDomains });
  expect(jsonOf(await world.get("a", "/api/v1/providers/health"))).toEqual({
    items: [
      { provider: "shared", owner: "platform", breaker: told, senderDomains: [] },
      { provider: "p", owner: "tenant", breaker: told, senderDomains },
    ],
  });
  expect(jsonOf(await health("b"))).toMatchObject({ breaker: { state: "closed" } });
  const state = await world.get("a", "/api/v1/state?kind=breaker");
  expect(state.body).not.toContain("settings");
});
