import { expect, test } from "vitest";
import { Door } from "../src/cluster/outage.ts";
import { LONG } from "../src/cluster/long.ts";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { CLEAN } from "../src/faults/reckoning.ts";

const MAILS = 3000;

test.runIf(LONG)(
  "a leader of MAIL that stands still, and one that is cut off with its clients, lose no mail",
  async () => {
    await using on = await openOnCluster();
    const { cluster, scene } = on;
    const door = new Door();
    const load = scene.load({ mails: MAILS, connections: 10, onReply: door.onReply });
    const faults = [
      ["stands still", async () => (await cluster.leaderOf("MAIL")).freeze()],
      ["is cut off", async () => cluster.isolate(await cluster.leaderOf("MAIL"))],
    ] as const;
    for (const [what, begin] of faults) {
      await door.says(250, 200);
      const moment = performance.now();
      const end = await begin();
      // It goes on while the fault lasts.
      await door.says(250, 200);
      console.log(JSON.stringify({ leader: what, outageMs: door.outageAfter(moment) }));
      end();
      await cluster.inStep(["MAIL", "BODIES"]);
    }
    const report = await load;
    const { extra, ...found } = await scene.reckon(report);
    expect(found).toMatchObject(CLEAN);
    expect(extra).toBe(0);
    expect(door.others.filter((code) => code !== 451)).toEqual([]);
  },
  400_000,
);
