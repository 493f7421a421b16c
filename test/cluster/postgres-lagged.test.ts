import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeLogger } from "@waybill/runtime";
import { type Engine, startPostgres } from "@waybill/runtime/engines";
import { expect, test } from "vitest";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { Road, roadTo } from "../src/cluster/road.ts";
import { lastEvent } from "../src/faults/log-access.ts";
import { freePort } from "../src/relay/free-port.ts";
import { memoryFolder } from "../src/relay/memory-folder.ts";
import { until } from "../src/relay/until.ts";
import { viewsAt } from "../src/faults/views.ts";

const portOf = ({ url }: Engine): number => Number(new URL(url).port);
const log = makeLogger("silent", "test");

test("a PostgreSQL that has lost its last transactions, at the second address, catches up from the log", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = memoryFolder();
  stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const start = async (name: string): Promise<Engine> => {
    const engine = await startPostgres({ folder: join(folder, name), log });
    stack.defer(() => engine.stop());
    return engine;
  };
  const [first, second] = [await freePort(), await freePort()];
  const early = await start("a");
  const road = await roadTo(portOf(early), first);
  stack.defer(() => road.close());
  const database = async (): Promise<string> =>
    early.url.replace(new URL(early.url).host, `127.0.0.1:${first},127.0.0.1:${second}`);
  await using on = await openOnCluster({ database });
  const { scene } = on;
  await scene.load({ mails: 100 });
  await scene.settled();

  // What a standby would have that fell behind at this moment.
  await road.close();
  await early.stop();
  execFileSync("cp", ["-a", join(folder, "a"), join(folder, "b")]);
  const primary = new Road(first, portOf(await start("a")));
  stack.defer(() => primary.close());
  await primary.open();
  await scene.load({ mails: 100, id: (index) => `later-${index}` });
  await until("the views", async () => (await scene.relay.api("/readyz")).status === 200);
  await scene.settled();
  const reached = await viewsAt(scene.relay);

  await primary.close();
  const promoted = new Road(second, portOf(await start("b")));
  stack.defer(() => promoted.close());
  await promoted.open();
  // Nothing more happens: nobody but the views themselves can find out that they are behind.
  await until("the views", async () => (await viewsAt(scene.relay)) >= reached);
  expect(await lastEvent(scene.log)).toBe(reached);
  expect(scene.sink.mails.size).toBe(200);
  expect(await scene.viewsEqualRebuild()).toBe(true);
}, 300_000);
