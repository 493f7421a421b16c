import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consumerNames } from "@waybill/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startCluster } from "../src/cluster/cluster.ts";
import { openOnCluster, type OnCluster, openStagesOn } from "../src/cluster/relay-on-cluster.ts";
import { verify } from "../src/cluster/verify.ts";
import { flood } from "../src/faults/flood.ts";
import { putTenant } from "../src/faults/log-access.ts";
import { walk } from "../src/faults/views.ts";
import { refusal, startCommand } from "../src/relay/backup.ts";
import { until } from "../src/relay/until.ts";

/** Mail waits for a provider for longer than a restore takes. */
const LADDER: number[] = Array.from({ length: 20 }, () => 10);

/** Mails of a tenant that has a backlog of its own. */
const FLOOD = 600;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

/** Runs a command of an operator, as on a machine that has a data folder and the address of a log. */
async function run(command: "backup" | "restore", args: string[], env: Record<string, string>) {
  const end = await startCommand(command, args, env).ended;
  if (end.code !== 0) throw new Error(`${command} ended with ${end.code}: ${end.stderr}`);
}

async function replicasOn({ cluster }: Pick<OnCluster, "cluster">): Promise<string[]> {
  const found: string[] = [];
  for await (const { config } of cluster.log.jsm.streams.list())
    found.push(`${config.name}: ${config.num_replicas}`);
  return found.toSorted();
}

test("a cluster of three is backed up at work, and restored to an empty one, which goes on with all of it", async () => {
  await using on = await openOnCluster();
  const { cluster, scene } = on;
  for (const id of ["demo", "other"]) await putTenant(cluster.log, { id, retryLadder: LADDER });
  const first = await scene.load({ mails: 100 });
  await scene.settled();
  await scene.sink.pause();
  const waiting = await scene.load({ mails: 40, id: (index) => `waiting-${index}` });
  // All of it is there when the actors come: more than a mailbox holds.
  await on.stages.actors.stop();
  await flood(cluster.log, "other", FLOOD);
  await on.stages.actors.start();
  await until("a backlog", async () =>
    (await consumerNames(cluster.log, "MAIL")).some((name) => /^backlog-\d+-other$/.test(name)),
  );
  const kept = join(folder, "kept");
  const here = { NATS_URL: cluster.url, WAYBILL_DATA: scene.relay.data };
  await run("backup", ["--to", kept, "--with-secrets"], here);
  const before = await replicasOn(on);
  for (const stage of Object.values(on.stages)) await stage.stop();

  await using empty = await startCluster();
  const data = join(folder, "data");
  const there = { NATS_URL: empty.url, WAYBILL_DATA: data };
  await run("restore", ["--from", kept], there);
  expect(await refusal("restore", ["--from", kept], there)).toContain("the log is not empty");
  await scene.sink.resume();
  await using restored = await openStagesOn(empty, scene.sink, { data });
  expect(await replicasOn(restored)).toEqual(before);
  expect(new Set(before.map((one) => one.split(": ")[1]))).toEqual(new Set(["3"]));

  const flooded = () => scene.sink.mails.get("flood")?.recipients.get("flood@sink.test") ?? 0;
  await until("the backlog", () => flooded() >= FLOOD, 120_000);
  await restored.scene.settled();
  const views = await walk(restored.scene.relay, "messages");
  expect(views.length).toBe(first.accepted.length + waiting.accepted.length);
  expect([...waiting.queuedAs.keys()].filter((id) => !scene.sink.mails.has(id))).toEqual([]);
  expect(flooded()).toBe(FLOOD);
  expect(scene.sink.duplicates().filter(({ id }) => id !== "flood")).toEqual([]);
  expect(await restored.scene.viewsEqualRebuild()).toBe(true);
  await until("the seal", async () => {
    const tenants = await verify(empty.url);
    return (tenants.find(({ tenant }) => tenant === "other")?.events ?? 0) >= 2 * FLOOD;
  });
}, 400_000);
