import { expect, test } from "vitest";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { LONG } from "../src/cluster/long.ts";
import { Door } from "../src/cluster/outage.ts";
import { CLEAN } from "../src/faults/reckoning.ts";

test("kill -9 of the leader of a stream loses no mail and sends none twice", async () => {
  await using on = await openOnCluster();
  const { cluster, scene } = on;
  const door = new Door();
  const load = scene.load({ mails: LONG ? 3000 : 1200, connections: 10, onReply: door.onReply });
  for (const stream of LONG ? ["MAIL", "BODIES"] : ["MAIL"]) {
    await door.says(250, 200);
    const leader = await cluster.leaderOf(stream);
    const moment = performance.now();
    await leader.kill();
    await door.says(250, 200);
    console.log(JSON.stringify({ killed: stream, outageMs: door.outageAfter(moment) }));
    await leader.start();
    await cluster.inStep(["MAIL", "BODIES"]);
  }
  const report = await load;
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(report.refused.filter(({ reply }) => !reply.startsWith("451 4.3.0"))).toEqual([]);
  expect(door.others.filter((code) => code !== 451)).toEqual([]);
}, 300_000);
