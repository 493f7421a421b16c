import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { IN_FLIGHT, openScene } from "../src/faults/scene.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

const MAILS = 500;

test.each([
  { killed: "the relay", command: undefined },
  { killed: "npm", command: ["npm", "start"] as const },
])("kill -9 of $killed leaves nothing running, and nothing queued behind", async ({ command }) => {
  await using scene = await openScene({ sink: { delayMs: 200 }, ...(command && { command }) });
  const report = await scene.load({ mails: MAILS });
  const all = scene.relay.processes();
  const begun = performance.now();
  process.kill(scene.relay.pid, "SIGKILL");
  await until("the end of all", () => survivors(all).length === 0);
  console.log(`${all.length} processes gone after ${Math.round(performance.now() - begun)} ms`);
  expect(scene.sink.received).toBeLessThan(MAILS);
  await scene.startAgain();
  const { extra, ...found } = await scene.reckon(report);
  expect(found).toMatchObject(CLEAN);
  // What was at the sink and not yet in the log is sent again.
  expect(extra).toBeLessThanOrEqual(IN_FLIGHT);
});
