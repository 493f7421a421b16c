import { ensureStreams, followDirectory, replay, STREAMS } from "@waybill/runtime";
import { expect, test } from "vitest";
import { startCluster } from "../src/cluster/cluster.ts";
import { openLog, putTenant } from "../src/faults/log-access.ts";
import { until } from "../src/relay/until.ts";

/** One in three is given to the dead server at first: that none of these is, chance does not bring about. */
const READERS = 20;

const FACTS = { stream: STREAMS.control, filters: ["control.>"] };

test("a server that was killed keeps nobody from the log, whoever is given a consumer on it at first", async () => {
  await using cluster = await startCluster();
  await ensureStreams(cluster.log, 3);
  await putTenant(cluster.log, { id: "demo" });
  await cluster.inStep(["CONTROL", "MAIL"]);
  const dead = await cluster.leaderOf("CONTROL");
  await dead.kill();
  const log = await openLog(cluster.url);
  try {
    await until("a leader", () => putTenant(log, { id: "later" }).then(() => true));
    for (let at = 0; at < READERS; at += 1) {
      const directory = await followDirectory(log);
      expect(directory.entities("demo", "tenant")).toHaveLength(1);
      await directory.stop();
    }
    for (let at = 0; at < READERS; at += 1) {
      const read = await Array.fromAsync(replay(log, FACTS));
      expect(read.map(({ subject }) => subject)).toContain("control.demo.tenant.demo");
    }
  } finally {
    await log.close();
  }
}, 600_000);
