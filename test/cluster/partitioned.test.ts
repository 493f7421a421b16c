import { expect, test } from "vitest";
import { Door } from "../src/cluster/outage.ts";
import { type Cluster, startCluster } from "../src/cluster/cluster.ts";
import { openStagesOn } from "../src/cluster/relay-on-cluster.ts";
import { putTenant } from "../src/faults/log-access.ts";
import { startSink } from "../src/mail/sink.ts";
import { CLEAN } from "../src/faults/reckoning.ts";

/** More than are sent before the faults are over. */
const MAILS = 100_000;

type Fault = (cluster: Cluster) => Promise<() => void>;

const cutOff: Fault = async (cluster) => cluster.isolate(await cluster.leaderOf("MAIL"));
const standStill: Fault = async (cluster) => (await cluster.leaderOf("MAIL")).freeze();

/** All processes of the relay are clients of the first server, until they leave it. */
const firstCutOff: Fault = async (cluster) => cluster.isolate(cluster.server("n1"));
const firstStandsStill: Fault = async (cluster) => cluster.server("n1").freeze();
const nothingComesThrough: Fault = async (cluster) => cluster.cutClients(cluster.server("n1"));

/** Octets of a mail, and how many the door is to take before a fault and while it lasts. */
const SMALL = { size: 2000, taken: 200 };

/** Each takes twelve chunks of its stream. */
const LARGE = { size: 3_000_000, taken: 20 };

test.each([
  ["the leader of MAIL stands still", standStill, SMALL],
  ["the leader of MAIL is cut off from the others", cutOff, SMALL],
  ["the server of every process is cut off from the others", firstCutOff, SMALL],
  ["the server of every process stands still, and mails are large", firstStandsStill, LARGE],
  ["nothing comes through between every process and its server", nothingComesThrough, SMALL],
  ["nothing comes through there, and mails are large", nothingComesThrough, LARGE],
] as const)(
  "no mail is lost or sent twice when %s",
  async (_, begin, { size, taken }) => {
    await using cluster = await startCluster();
    await using ends = new AsyncDisposableStack();
    const sink = await startSink();
    ends.defer(() => sink.stop());
    const [first = ""] = cluster.url.split(",");
    await using on = await openStagesOn(cluster, sink, { env: { NATS_URL: first } });
    await putTenant(cluster.log, { id: "demo" });
    const { scene } = on;
    const door = new Door();
    const over = new AbortController();
    const { signal } = over;
    const load = scene.load({ mails: MAILS, connections: 10, size, onReply: door.onReply, signal });
    await door.says(250, taken);
    const moment = performance.now();
    const end = await begin(cluster);
    // It goes on while the fault lasts.
    await door.says(250, taken);
    console.log(JSON.stringify({ outageMs: door.outageAfter(moment) }));
    end();
    over.abort();
    await cluster.inStep(["MAIL", "BODIES"]);
    const { extra, ...found } = await scene.reckon(await load);
    expect(found).toMatchObject(CLEAN);
    expect(extra).toBe(0);
    expect(door.others.filter((code) => code !== 451)).toEqual([]);
  },
  400_000,
);
