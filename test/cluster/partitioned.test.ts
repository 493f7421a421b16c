import { expect, test } from "vitest";
import { Door } from "../src/cluster/outage.ts";
import { startCluster } from "../src/cluster/cluster.ts";
import { type OnCluster, openStagesOn } from "../src/cluster/relay-on-cluster.ts";
import { putTenant } from "../src/faults/log-access.ts";
import { startSink } from "../src/mail/sink.ts";
import { CLEAN } from "../src/faults/reckoning.ts";

/** More than are sent before the faults are over. */
const MAILS = 100_000;

type Fault = (on: OnCluster) => Promise<() => void>;

/** All processes of the relay are clients of the first server, until they leave it. */
const FAULTS: [string, Fault][] = [
  [
    "the leader of MAIL stands still",
    async ({ cluster }) => (await cluster.leaderOf("MAIL")).freeze(),
  ],
  [
    "the leader of MAIL is cut off, with its clients",
    async ({ cluster }) => cluster.isolate(await cluster.leaderOf("MAIL")),
  ],
  [
    "the server that every process is a client of is cut off from the others",
    async ({ cluster }) => cluster.isolate(cluster.server("n1")),
  ],
  [
    "nothing comes through between every process and its server",
    async ({ cluster }) => cluster.cutClients(cluster.server("n1")),
  ],
];

test.each(FAULTS)(
  "no mail is lost or sent twice when %s",
  async (_, begin) => {
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
    const load = scene.load({ mails: MAILS, connections: 10, onReply: door.onReply, signal });
    await door.says(250, 200);
    const moment = performance.now();
    const end = await begin(on);
    // It goes on while the fault lasts.
    await door.says(250, 200);
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
