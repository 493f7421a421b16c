import { setTimeout as sleep } from "node:timers/promises";
import { type Nats, STREAMS } from "@waybill/runtime";
import { openPool } from "@waybill/runtime/postgres";
import { sweep } from "@waybill/projections/retention";
import { expect, onTestFinished, test } from "vitest";
import type { Cluster } from "../src/cluster/cluster.ts";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { verify } from "../src/cluster/verify.ts";
import { eventsOf, lastEvent, putTenant } from "../src/faults/log-access.ts";
import { viewsAt } from "../src/faults/views.ts";
import type { ReplyPolicy } from "../src/mail/sink-policy.ts";
import { until } from "../src/relay/until.ts";

const DAY = 86_400_000;
const [ENDED, WAITING] = [600, 30];

/** Part of all events by which a sweep goes further than the one before. */
const STEP = 1 / 200;

const log = { debug: () => undefined, warn: () => undefined, error: () => undefined };

/** The sequence up to which the events of a tenant are in its chain. */
async function sealedThrough({ jsm }: Nats, tenant: string): Promise<number> {
  const last = await jsm.direct.getMessage(STREAMS.chain, { last_by_subj: `chain.${tenant}` });
  return last?.json<{ after: number }>().after ?? 0;
}

/** Sweeps on and on, each a little further than the last that ended well; the last step waits for `others`. */
async function sweepThrough(sweepAt: (share: number) => Promise<void>, others: Promise<void>) {
  const done = { share: 0, sweeps: 0, failures: 0, isLast: false };
  void others.finally(() => (done.isLast = true));
  while (done.share < 1) {
    const share = Math.min(done.share + STEP, done.isLast ? 1 : 1 - STEP);
    await sweepAt(share).then(
      () => [(done.sweeps += 1), (done.share = share)],
      () => (done.failures += 1),
    );
  }
  return done;
}

const to = (index: number) => [`wait-${index}@sink.test`];

async function killLeaders(cluster: Cluster, streams: readonly string[]): Promise<void> {
  for (const stream of streams) {
    const leader = await cluster.leaderOf(stream);
    await leader.kill();
    await cluster.leaderOf(stream);
    await sleep(2000);
    await leader.start();
    await cluster.inStep(Object.values(STREAMS));
  }
}

test("sweeps under failovers remove all that has ended, and nothing from the first open mail on", async () => {
  let isHeld = true;
  const reply: ReplyPolicy = (stage, { recipient }) =>
    stage === "rcpt" && isHeld && recipient?.startsWith("wait") ? "451 4.3.2 later" : undefined;
  await using on = await openOnCluster({ sink: { reply } });
  const { cluster, scene } = on;
  await putTenant(cluster.log, { id: "demo", retryLadder: Array<number>(50).fill(10) });
  const idsOf = async (type: "accepted" | "failed") =>
    new Set((await eventsOf(cluster.log, "demo", type)).map(({ messageId }) => messageId));

  const ended = await scene.load({ mails: ENDED, connections: 2, id: (index) => `ended-${index}` });
  await scene.settled();
  const waiting = await scene.load({ mails: WAITING, to, id: (index) => `wait-${index}` });
  await until("all of them to wait", async () => (await idsOf("failed")).size === WAITING);
  const last = await lastEvent(cluster.log);
  await until("the views", async () => (await viewsAt(scene.relay)) >= last);
  await until("the chain", async () => (await sealedThrough(cluster.log, "demo")) >= last);

  const pool = await openPool(String(scene.env["DATABASE_URL"]), { schema: "views", log });
  onTestFinished(() => pool.end());
  const sweepAt = (share: number) =>
    sweep({
      nats: cluster.log,
      pool,
      directory: { tenants: () => [] },
      ages: { events: 30 * DAY, bodies: 7 * DAY },
      sealed: () => Math.floor(last * share),
      outside: { async *old() {} },
      now: Date.now() + 40 * DAY,
    });
  const kills = killLeaders(cluster, [STREAMS.mail, STREAMS.removals, STREAMS.mail]);
  console.log(JSON.stringify(await sweepThrough(sweepAt, kills)));
  await kills;

  expect(await idsOf("accepted")).toEqual(new Set(waiting.queuedAs.values()));
  expect(await verify(cluster.url)).toMatchObject([{ tenant: "demo" }]);
  isHeld = false;
  await scene.settled();
  const copies = (id: string) => scene.sink.mails.get(id)?.count;
  const all = [...ended.accepted, ...waiting.accepted];
  expect(all.filter((id) => copies(id) !== 1)).toEqual([]);
  expect(all).toHaveLength(ENDED + WAITING);
  expect(await scene.viewsEqualRebuild()).toBe(true);
}, 300_000);
