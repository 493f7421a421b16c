import { expect, test } from "vitest";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { Road, roadTo } from "../src/cluster/road.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { freePort } from "../src/relay/free-port.ts";
import { until } from "../src/relay/until.ts";

test("a PostgreSQL that goes away and comes back at the second address holds no mail up", async () => {
  const roads: Road[] = [];
  const [first, second] = [await freePort(), await freePort()];
  const database = async (url: string): Promise<string> => {
    const parsed = new URL(url);
    roads.push(await roadTo(Number(parsed.port), first), new Road(second, Number(parsed.port)));
    return url.replace(parsed.host, `127.0.0.1:${first},127.0.0.1:${second}`);
  };
  await using on = await openOnCluster({ database });
  const { scene } = on;
  const [before, after] = roads;
  const statusOf = async () => (await scene.relay.api("/api/v1/messages")).status;
  expect(await statusOf()).toBe(200);

  await before?.close();
  const report = await scene.load({ mails: 200, connections: 5 });
  expect(report.accepted).toHaveLength(200);
  await scene.sink.waitFor(({ mails }) => mails.size === 200, 60_000);
  expect(await statusOf()).toBe(503);

  await after?.open();
  await until("the API", async () => (await statusOf()) === 200);
  // Nobody was started again, and the views hold what came meanwhile.
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  await after?.close();
}, 300_000);
