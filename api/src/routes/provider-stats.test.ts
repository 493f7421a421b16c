import { newMessageId } from "@waybill/runtime";
import type { OutcomeClass } from "@waybill/schemas";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { put, startWorld, type World } from "../testing/world.ts";

const NOW = new Date("2026-03-10T12:00:00.000Z");
let world: World;
let seq = 0;

beforeAll(async () => {
  world = await startWorld({ now: () => NOW });
  for (const tenant of ["a", "b"]) {
    const provider = { kind: "provider", type: "sandbox", id: "p", name: "p" } as const;
    const written = await put(world.deps.nats, tenant, { ...provider, concurrency: 1 });
    await world.deps.directory.reached(written);
  }
});
beforeEach(() => world.engines.owner.query("TRUNCATE attempts"));
afterAll(() => world[Symbol.asyncDispose]());

type Tried = {
  tenant?: string;
  provider?: string;
  is?: OutcomeClass | null;
  at?: string;
  ms?: number;
  of?: string;
};

async function tried({
  tenant = "a",
  provider = "p",
  is = "accepted",
  ms = 1,
  ...rest
}: Tried = {}) {
  seq += 1;
  const { at = "2026-03-10T11:00:00.000Z", of = newMessageId() } = rest;
  await world.engines.owner.query(
    `INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status, recipients,
       duration_ms, response, at, class)
     VALUES ($1, $2, $3, 1, $4, 'smtp', 'failed', '{}', $5, '', $6, $7)`,
    [tenant, seq, of, provider, ms, at, is],
  );
}

const stats = (query = "", tenant = "a", id = "p") =>
  world.get(tenant, `/api/v1/providers/${id}/stats${query}`);

test("attempts, how they ended and how long they took, of that tenant and provider alone", async () => {
  for (let ms = 1; ms <= 100; ms += 1) await tried({ ms, is: ms <= 90 ? "accepted" : "retry" });
  await tried({ provider: "q" });
  await tried({ tenant: "b" });
  expect(jsonOf(await stats())).toMatchObject({
    from: "2026-03-09T12:00:00.000Z",
    to: NOW.toISOString(),
    attempts: 100,
    outcomes: { accepted: 90, retry: 10 },
    durationMs: { p50: 50.5, p99: 99.01 },
    breaker: { state: "closed" },
    senderDomains: [],
  });
  expect(jsonOf(await stats("", "b"))).toMatchObject({ attempts: 1, outcomes: { accepted: 1 } });
});

test("an attempt that was recorded in parts is one, and took as long as its last part says", async () => {
  const of = newMessageId();
  for (const ms of [100, 300, 200]) await tried({ of, ms });
  await tried({ of, ms: 300, is: "retry" });
  expect(jsonOf(await stats())).toMatchObject({
    attempts: 2,
    outcomes: { accepted: 1, retry: 1 },
    durationMs: { p50: 300, p99: 300 },
  });
});

test("nothing is told as nothing", async () => {
  expect(jsonOf(await stats())).toMatchObject({ attempts: 0, outcomes: {}, durationMs: null });
});

test("attempts from before classes were kept count, without one", async () => {
  await tried({ is: null });
  expect(jsonOf(await stats())).toMatchObject({ attempts: 1, outcomes: {} });
});

test("the span begins with from and ends before to", async () => {
  const days = ["2026-02-28T23:59:59.999Z", "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z"];
  for (const at of days) await tried({ at });
  const query = "?from=2026-03-01T00:00:00.000Z&to=2026-03-02T00:00:00.000Z";
  expect(jsonOf(await stats(query))).toMatchObject({ attempts: 1, from: days[1], to: days[2] });
  expect(jsonOf(await stats("?to=2026-03-01T00:00:00.000Z"))).toMatchObject({ attempts: 1 });
});

test.each([
  "?from=2026-03-10T12:00:00.000Z",
  "?from=2026-03-11T00:00:00.000Z&to=2026-03-10T00:00:00.000Z",
  "?from=2026-02-01T00:00:00.000Z",
  "?from=yesterday",
  "?until=2026-03-10T00:00:00.000Z",
])("%s is no span", async (query) => {
  expect((await stats(query)).json()).toMatchObject({ status: 400, code: "invalid_request" });
});

test("of one that the tenant has not, nothing is told", async () => {
  expect((await stats("", "a", "q")).statusCode).toBe(404);
});

test("a span is counted from the index alone, for the role that row-level security holds", async () => {
  await world.engines.owner.query(
    `INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status, recipients,
       duration_ms, response, at, class)
     SELECT 't' || n % 20, n, n, 1, 'p', 'smtp', 'failed', '{}', 1, '',
       '2026-03-01'::timestamptz + n * interval '1 minute', 'retry'
     FROM generate_series(1, 20000) AS n`,
  );
  await world.engines.owner.query("VACUUM ANALYZE attempts");
  const client = await world.deps.pool.connect();
  try {
    await client.query("SELECT set_config('waybill.tenant', 't1', false)");
    const { rows } = await client.query<{ "QUERY PLAN": string }>(
      `EXPLAIN SELECT class, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)
       FROM attempts WHERE tenant = 't1' AND provider = 'p' AND at >= '2026-03-05'::timestamptz
         AND at < '2026-03-06'::timestamptz GROUP BY GROUPING SETS ((class), ())`,
    );
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toContain("Index Only Scan using attempts_all_tenant_provider_at_");
    expect(plan).toMatch(/Index Cond:.*at >= .*at < /);
  } finally {
    client.release(true);
  }
});
