import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { makeRelay } from "../src/relay/relay.ts";

/** One stage in a process of its own, with the settings and engines of a relay that runs the others. */
async function startStage({ relay, sink }: Scene, stage: string) {
  const env = {
    WAYBILL_STAGES: stage,
    WAYBILL_SMTP_PORT: String(relay.smtpPort),
    WAYBILL_SMTPS_PORT: String(relay.smtpsPort),
    WAYBILL_API_PORT: String(relay.apiPort),
    WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo",
    WAYBILL_RELAY_URL: sink.url,
    NATS_URL: relay.engines.natsUrl,
    DATABASE_URL: relay.engines.databaseUrl,
  };
  return (await makeRelay({ data: relay.data, env })).start();
}

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
