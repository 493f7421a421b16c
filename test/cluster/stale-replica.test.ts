import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  ensureStreams,
  followDirectory,
  lastFact,
  makeLogger,
  type Nats,
  openBodies,
  ownFact,
  putEntity,
  readConfig,
  replay,
} from "@waybill/runtime";
import type { Entity } from "@waybill/schemas";
import { expect, test } from "vitest";
import { startCluster, type Cluster } from "../src/cluster/cluster.ts";
import { openLog } from "../src/faults/log-access.ts";
import { until } from "../src/relay/until.ts";

const STREAMS = ["CONTROL", "BODIES"];

const fact = (id: string) =>
  ownFact("demo", { kind: "routeorder", id, ids: [] } as Entity, "told to the leader");

const bodiesOf = (nats: Nats) =>
  openBodies({ config: readConfig({}), nats, log: makeLogger("silent", "test") });

/** A server that leads neither stream, and one that leads. */
async function sidesOf(cluster: Cluster) {
  const leaders = await Promise.all(STREAMS.map((one) => cluster.leaderOf(one)));
  const follower = cluster.servers.find((one) => !leaders.includes(one));
  const [leader] = leaders;
  if (follower === undefined || leader === undefined) throw new Error("every server leads");
  return { follower, leader };
}

async function subjectsAt(nats: Nats): Promise<string[]> {
  const found: string[] = [];
  for await (const one of replay(nats, { stream: "CONTROL", filters: ["control.>"] }))
    found.push(one.subject);
  return found;
}

test("a replica that lags behind is never taken for the end of the log, nor for a lost body", async () => {
  await using cluster = await startCluster();
  await ensureStreams(cluster.log, 3);
  await cluster.inStep(STREAMS);
  const { follower, leader } = await sidesOf(cluster);
  const near = await openLog(cluster.urlOf(leader));
  const far = await openLog(cluster.urlOf(follower));
  await putEntity(near, fact("first"));
  await until("the first fact", async () => (await subjectsAt(far)).length === 1);
  const heal = cluster.isolate(follower);
  await putEntity(near, fact("second"));
  const owner = { tenant: "demo", messageId: "m" };
  const body = await bodiesOf(near).write(owner, Readable.from([Buffer.from("a body")]));

  // That replica itself says that there is nothing: no answer may rest on it.
  const [seq = 0] = body.store === "jetstream" ? body.chunks : [];
  const there = () => far.jsm.direct.getMessage("BODIES", { seq });
  expect(await until("the replica", there, 20_000)).toBeNull();
  const store = bodiesOf(far);
  await expect(buffer(store.read("demo", body))).rejects.toThrow("the event log does not answer");
  await expect(lastFact(far, "demo", "routeorder", "second")).rejects.toThrow(
    /timeout|no responders|unavailable/i,
  );
  await expect(subjectsAt(far)).rejects.toThrow(/timeout|no responders|unavailable/i);
  await expect(followDirectory(far)).rejects.toThrow(/timeout|no responders|unavailable/i);

  heal();
  const whole = ["control.demo.routeorder.first", "control.demo.routeorder.second"];
  expect(await until("the whole log", () => subjectsAt(far))).toEqual(whole);
  const read = await until("the body", () => buffer(store.read("demo", body)));
  expect(read.toString()).toBe("a body");
  await Promise.all([near.close(), far.close()]);
}, 200_000);
