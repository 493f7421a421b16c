import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";
import { startStage } from "../src/faults/stage-apart.ts";

test("stages in processes of their own meet in the log", async () => {
  await using scene = await openScene({ env: { WAYBILL_STAGES: "projections,api" } });
  const { credentials } = scene.relay;
  const apart = [await startStage(scene, "ingress"), await startStage(scene, "actors")];
  expect(apart.map((one) => one.processes().filter(({ pid }) => pid === one.pid))).toEqual([
    [expect.objectContaining({ command: expect.stringContaining("start.js") })],
    [expect.objectContaining({ command: expect.stringContaining("start.js") })],
  ]);
  const report = await scene.load({ mails: 200 });
  expect(report.accepted).toHaveLength(200);
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(scene.relay.credentials).toEqual(credentials);
  expect(await Promise.all(apart.map((one) => one.stop()))).toEqual([0, 0]);
});
