import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { STREAMS } from "@waybill/runtime";
import { expect, test } from "vitest";
import { ClusterServer } from "../src/cluster/server.ts";
import { cutPower } from "../src/faults/cut-power.ts";
import { diskFor, type SmallDisk } from "../src/faults/small-disk.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openLog } from "../src/faults/log-access.ts";
import { IN_FLIGHT, openScene } from "../src/faults/scene.ts";
import { freePort } from "../src/relay/free-port.ts";

/** A nats-server of the operator's own, which syncs as it does by default: every two minutes. */
async function lazyServer(folder: string): Promise<{ server: ClusterServer; url: string }> {
  const port = await freePort();
  const config = join(folder, "lazy.conf");
  const lines = [`listen: "127.0.0.1:${port}"`, "jetstream { store_dir: $NATS_STORE }"];
  writeFileSync(config, lines.join("\n"), { flush: true });
  const server = new ClusterServer("lazy", port, { folder, env: {}, config });
  await server.start();
  return { server, url: `nats://127.0.0.1:${port}` };
}

const openOn = (of: SmallDisk, name: string) =>
  openScene({ data: join(of.folder, name), sink: { delayMs: 20 } });

test("a power cut after the first 250 of an installation loses nothing", async (context) => {
  using disk = diskFor(context);
  await using scene = await openOn(disk, "first");
  const load = await scene.load({ mails: 1, connections: 1 });
  const { password } = scene.relay.credentials.smtp;
  await cutPower(scene.relay, disk);
  await scene.startAgain();
  expect(scene.relay.credentials.smtp.password).toBe(password);
  const later = await scene.load({
    mails: 1,
    connections: 1,
    id: () => "1",
    to: () => ["ok-1@sink.test"],
  });
  const queuedAs = new Map([...load.queuedAs, ...later.queuedAs]);
  const both = { ...later, accepted: [...load.accepted, ...later.accepted], queuedAs };
  expect(await scene.reckon(both)).toMatchObject(CLEAN);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});

test("power cuts under load lose no mail that had its 250", async (context) => {
  using disk = diskFor(context);
  await using scene = await openOn(disk, "load");
  const load = scene.load({ mails: 3000 });
  for (const received of [300, 900, 1800]) {
    await scene.sink.waitFor((sink) => sink.received > received, 60_000);
    await cutPower(scene.relay, disk);
    await scene.startAgain();
  }
  const { extra, ...found } = await scene.reckon(await load);
  expect(found).toMatchObject(CLEAN);
  // What was at the sink and not yet in the log is sent again.
  expect(extra).toBeLessThanOrEqual(3 * IN_FLIGHT);
  expect(await scene.viewsEqualRebuild()).toBe(true);
}, 300_000);

test("a log that does not sync each event loses what had its 250", async (context) => {
  using disk = diskFor(context);
  await using stack = new AsyncDisposableStack();
  const { server, url } = await lazyServer(disk.folder);
  stack.defer(() => server.kill());
  const scene = stack.use(await openScene({ env: { NATS_URL: url } }));
  const { accepted } = await scene.load({ mails: 500 });
  server.freeze();
  disk.cut();
  await server.kill();
  await disk.powerBack();
  await server.start();
  const log = await openLog(url);
  stack.defer(() => log.close());
  const isThere = (await log.jsm.streams.names().next()).includes(STREAMS.mail);
  const left = isThere ? (await log.jsm.streams.info(STREAMS.mail)).state.messages : 0;
  console.log(JSON.stringify({ accepted: accepted.length, left }));
  expect(accepted).toHaveLength(500);
  expect(left).toBeLessThan(accepted.length);
});
