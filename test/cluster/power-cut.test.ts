import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CONFIG, type ClusterServer } from "../src/cluster/server.ts";
import { Door } from "../src/cluster/outage.ts";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { diskFor, type SmallDisk } from "../src/faults/small-disk.ts";
import { CLEAN } from "../src/faults/reckoning.ts";

/** Machines lose power at one moment, and come back with what their disks kept. */
async function cutPower(machines: readonly { server: ClusterServer; disk: SmallDisk }[]) {
  for (const { server } of machines) server.freeze();
  for (const { disk } of machines) disk.cut();
  for (const { server } of machines) await server.kill();
  for (const { disk } of machines) await disk.powerBack();
  await Promise.all(machines.map(({ server }) => server.start()));
}

/** The configuration of deploy/ with the syncs that NATS has by default: every two minutes. */
function lazily(folder: string): string {
  const file = join(folder, "lazy.conf");
  writeFileSync(file, readFileSync(CONFIG, "utf8").replace("sync_interval: always", ""), {
    flush: true,
  });
  return file;
}

test.for([
  { of: "all three at once, each synced", isLazy: false, isAll: true },
  { of: "a leader alone, with lazy syncs", isLazy: true, isAll: false },
])(
  "a power cut loses no mail and sends none twice: $of",
  { timeout: 300_000 },
  async ({ isLazy, isAll }, context) => {
    await using stack = new AsyncDisposableStack();
    const disks = [0, 1, 2].map(() => stack.use(diskFor(context)));
    const stores = disks.map((disk) => {
      const folder = mkdtempSync(join(disk.folder, "store-"));
      return { folder, ...(isLazy && { config: lazily(folder) }) };
    });
    const on = stack.use(await openOnCluster({ stores }));
    const { cluster, scene } = on;
    const door = new Door();
    const load = scene.load({ mails: 1200, connections: 10, onReply: door.onReply });
    await door.says(250, 300);
    const leader = await cluster.leaderOf("MAIL");
    const machines = cluster.servers.flatMap((server, at) => {
      const disk = disks[at];
      return disk !== undefined && (isAll || server === leader) ? [{ server, disk }] : [];
    });
    const moment = performance.now();
    await cutPower(machines);
    await door.says(250, 200);
    console.log(JSON.stringify({ cut: machines.length, outageMs: door.outageAfter(moment) }));
    const report = await load;
    expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
    expect(door.others.filter((code) => code !== 451)).toEqual([]);
  },
);
