import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startCluster } from "../src/cluster/cluster.ts";
import { openOnCluster, openStagesOn } from "../src/cluster/relay-on-cluster.ts";
import { walk } from "../src/faults/views.ts";
import { startCommand } from "../src/relay/backup.ts";
import { rotate } from "../src/relay/rotate.ts";
import { until } from "../src/relay/until.ts";

const MAILS = 300;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

test("a backup whose leader is killed is whole, or is refused in one line and can be taken again", async () => {
  await using on = await openOnCluster();
  const { cluster, scene } = on;
  await scene.load({ mails: MAILS, size: 100_000 });
  await scene.settled();
  const kept = join(folder, "kept");
  const here = { NATS_URL: cluster.url, WAYBILL_DATA: scene.relay.data };
  const take = () => startCommand("backup", ["--to", kept, "--with-secrets"], here).ended;
  const bodies = await cluster.leaderOf("BODIES");
  const first = take();
  const begun = [`${kept}.unfinished/BODIES.snapshot`, kept];
  await until("a backup", () => {
    if (begun.some((one) => existsSync(one))) return true;
    throw new Error(`there are ${readdirSync(folder, { recursive: true }).join()}`);
  });
  await bodies.kill();
  const { code, stderr } = await first;
  expect(`${code} ${stderr}`).toMatch(/^(0 .*|1 [^\n]+; [^\n]+)\n$/);
  expect([existsSync(kept), existsSync(`${kept}.unfinished`)]).toEqual([code === 0, false]);
  const whole = code === 0 ? { code, stderr } : await take();
  expect(`${whole.code} ${whole.stderr}`).toMatch(/^0 /);
  for (const stage of Object.values(on.stages)) await stage.stop();

  await using empty = await startCluster();
  const data = join(folder, "data");
  const there = { NATS_URL: empty.url, WAYBILL_DATA: data };
  const restoring = await startCommand("restore", ["--from", kept], there).ended;
  expect(`${restoring.code} ${restoring.stderr}`).toMatch(/^0 /);
  await using restored = await openStagesOn(empty, scene.sink, { data });
  const { relay } = restored.scene;
  await until("the views", async () => (await walk(relay, "messages")).length === MAILS);
  const [some] = await walk(relay, "messages");
  const raw = await relay.api(`/api/v1/messages/${some?.id}/raw`);
  expect((await raw.arrayBuffer()).byteLength).toBeGreaterThan(100_000);
}, 400_000);

test("the master key is changed while one of three servers is dead", async () => {
  await using on = await openOnCluster();
  const { cluster, scene } = on;
  await scene.load({ mails: 20 });
  await scene.settled();
  const { data } = scene.relay;
  for (const stage of Object.values(on.stages)) await stage.stop();
  const dead = await cluster.leaderOf("CONTROL");
  await dead.kill();
  await rotate(scene.relay, { NATS_URL: cluster.url });
  await dead.start();
  await using again = await openStagesOn(cluster, scene.sink, { data });
  const report = await again.scene.load({ mails: 20, id: (index) => `later-${index}` });
  expect(report.accepted).toHaveLength(20);
  await again.scene.settled();
  expect(scene.sink.duplicates()).toEqual([]);
  expect(scene.sink.mails.size).toBe(40);
}, 400_000);
