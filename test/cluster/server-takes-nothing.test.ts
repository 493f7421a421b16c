import { ensureStreams, stayWithQuorum, STREAMS } from "@waybill/runtime";
import { expect, test } from "vitest";
import { startCluster } from "../src/cluster/cluster.ts";
import { openLog } from "../src/faults/log-access.ts";
import { until } from "../src/relay/until.ts";

/** Octets of a message, and how many: more than sockets hold between a client and a server that does not read. */
const [SIZE, COUNT] = [900_000, 64];

test("a client leaves a server that takes nothing more, though it has much to write to it", async () => {
  await using cluster = await startCluster();
  await ensureStreams(cluster.log, 3);
  const [first = ""] = cluster.url.split(",");
  const nats = await openLog(first);
  const stop = await stayWithQuorum(nats);
  try {
    const left = nats.nc.info?.server_id;
    const thaw = cluster.server("n1").freeze();
    for (let at = 0; at < COUNT; at += 1) nats.nc.publish("nobody.listens", new Uint8Array(SIZE));
    await until("another server", () => nats.nc.info?.server_id !== left);
    const { config } = await until("the log", () => nats.jsm.streams.info(STREAMS.mail));
    expect(config.name).toBe(STREAMS.mail);
    thaw();
  } finally {
    stop();
    await nats.close();
  }
}, 200_000);
