import { expect, test } from "vitest";
import { flood, neighbourOf } from "../src/faults/flood.ts";
import { putTenant } from "../src/faults/log-access.ts";
import { openScene } from "../src/faults/scene.ts";
import { memoryFolder } from "../src/relay/memory-folder.ts";

const FLOOD = 50_000;

test("a tenant with 50,000 queued mails does not hold a neighbour of its lane up", async () => {
  const neighbour = neighbourOf("demo");
  const env = { WAYBILL_TRUSTED_NETWORKS: `127.0.0.0/8=${neighbour}` };
  await using scene = await openScene({ sink: { delayMs: 100 }, env, data: memoryFolder() });
  await putTenant(scene.log, { id: neighbour });
  await flood(scene.log, "demo", FLOOD);
  const { received } = scene.sink;
  const milliseconds: number[] = [];
  for (let mail = 0; mail < 5; mail += 1) {
    const begun = performance.now();
    await scene.load({ mails: 1, connections: 1, id: () => `neighbour-${mail}` });
    await scene.sink.waitFor(({ mails }) => mails.has(`neighbour-${mail}`), 60_000);
    milliseconds.push(Math.round(performance.now() - begun));
  }
  console.log(JSON.stringify({ milliseconds, before: received, after: scene.sink.received }));
  expect(scene.sink.received).toBeLessThan(FLOOD / 2);
});
