import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { indexErased } from "@waybill/runtime";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { kill } from "./src/faults/kill.ts";
import { openScene, type Scene, sceneOf } from "./src/faults/scene.ts";
import { get, walk } from "./src/faults/views.ts";
import { restoreBackup, takeBackup } from "./src/relay/backup.ts";
import { processesWithin } from "./src/relay/processes.ts";
import { linesOf } from "./src/relay/program.ts";
import { until } from "./src/relay/until.ts";

vi.setConfig({ testTimeout: 600_000 });

const GONE = "ok-77001@sink.test";
const MAILS = 40;

type Listed = { id: string; tenant: string; address?: string; finishedAt?: string };
type Verified = { tenant: string; erased: number; fault?: object };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-erased-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the log and the views say to whoever asks. */
async function said({ relay }: Scene): Promise<string> {
  const exported = await (await relay.api("/api/v1/audit/events")).text();
  return exported + JSON.stringify(await walk(relay, "messages"));
}

const areFinished = async ({ relay }: Scene, wanted: number): Promise<boolean> => {
  const { items } = await get<{ items: Listed[] }>(relay, "/api/v1/erasures");
  return items.length === wanted && items.every(({ finishedAt }) => finishedAt !== undefined);
};

const verified = async ({ relay }: Scene): Promise<Verified | undefined> =>
  (await linesOf<Verified>(relay, "runtime/src/chain/main.ts")).find(
    (one) => one.tenant === "demo",
  );

const isGone = (scene: Scene) => async (): Promise<boolean> =>
  (await areFinished(scene, 1)) && !(await said(scene)).includes(GONE);

test("an erasure is finished after kill -9, is repeated after a restore, and leaves the log verifiable", async () => {
  await using scene = await openScene();
  await scene.load({ mails: MAILS, connections: 2, to: () => [GONE] });
  await scene.settled();
  expect(await said(scene)).toContain(GONE);
  await takeBackup(scene.relay.data, join(folder, "kept"));

  const body = JSON.stringify({ address: GONE });
  const headers = { "content-type": "application/json" };
  const asked = scene.relay
    .api("/api/v1/erasures", { method: "POST", headers, body })
    .then(({ status }) => status)
    .catch(() => "killed");
  const records = async () => (await indexErased(scene.log, "demo")).places.size;
  await until("the first records", async () => (await records()) > 0);
  await kill(scene.relay, "--stages=projections,api");
  expect([202, "killed"]).toContain(await asked);
  await until("its end", isGone(scene), 120_000);
  expect(await records()).toBe(2 * MAILS);
  await until("the chain", async () => (await verified(scene))?.erased === 2 * MAILS, 60_000);
  expect(await verified(scene)).not.toHaveProperty("fault");
  expect(await scene.viewsEqualRebuild()).toBe(true);

  const list = join(folder, "erasures");
  const listed = await linesOf<Listed>(scene.relay, "runtime/src/erasure/main.ts");
  expect(listed).toMatchObject([
    { tenant: "demo", address: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ]);
  writeFileSync(list, listed.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await scene.log.close();
  await scene.relay.stop("SIGKILL");
  await until("nothing left", () => processesWithin(scene.relay.data).length === 0);

  const data = join(folder, "data");
  const { stdout } = await restoreBackup(join(folder, "kept"), data, { erasures: list });
  expect(JSON.parse(stdout)).toMatchObject({ erasures: 1 });
  await using restored = await sceneOf({ data, env: scene.env }, scene.sink);
  await until("the erasure again", isGone(restored), 120_000);
  await until("the views", async () => (await walk(restored.relay, "messages")).length === MAILS);
  expect(await said(restored)).not.toContain(GONE);
  expect(await restored.viewsEqualRebuild()).toBe(true);
  await until("the chain", async () => (await verified(restored))?.erased === 2 * MAILS, 60_000);
  expect(await verified(restored)).not.toHaveProperty("fault");
});
