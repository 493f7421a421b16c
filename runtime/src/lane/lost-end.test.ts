import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { startNatsServer } from "../engines/nats-server.ts";
import { connectNats } from "../nats.ts";
import { ensureStreams, STREAMS } from "../streams.ts";
import { Slots } from "./slots.ts";
import { workLanes } from "./worker.ts";

const log = pino({ level: "silent" });

test("a lane goes on with new mail when the log lost its end, and the lane's own place did not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waybill-lost-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const engine = await startNatsServer({ folder, log });
  onTestFinished(() => engine.stop());
  const nats = await connectNats(engine.url, "test", log);
  onTestFinished(() => nats.close());
  await ensureStreams(nats);

  const done: string[] = [];
  const worker = await workLanes(1, {
    nats,
    log,
    handle: async ({ work }) => void done.push(work.messageId),
    concurrencyOf: () => 20,
    slots: new Slots(100),
  });
  onTestFinished(() => worker.drain());
  const publish = (messageId: string) => {
    const event = JSON.stringify({ type: "accepted", messageId, tenant: "acme", attempt: 1 });
    return nats.js.publish("mail.work.0.acme.accepted", event, { msgID: messageId });
  };
  const submit = async (name: string, count: number) => {
    const ids = Array.from({ length: count }, (_, at) => `${name}-${at}`);
    for (const id of ids)
      while ((await publish(id).catch(() => undefined)) === undefined) await sleep(100);
    while (!ids.every((id) => done.includes(id))) await sleep(20);
  };
  const floor = async () =>
    (await nats.jsm.consumers.info(STREAMS.mail, "lane-0")).ack_floor.stream_seq;

  await submit("kept", 50);
  const messages = join(folder, "jetstream", "$G", "streams", STREAMS.mail, "msgs");
  const noted = join(folder, "noted");
  process.kill(engine.pid, "SIGSTOP");
  await cp(messages, noted, { recursive: true });
  process.kill(engine.pid, "SIGCONT");
  await submit("lost", 100);
  while ((await floor()) < 150) await sleep(20);
  process.kill(engine.pid, "SIGSTOP");
  await rm(messages, { recursive: true });
  await cp(noted, messages, { recursive: true });
  process.kill(engine.pid, "SIGKILL");

  await submit("new", 130);
  expect(done).toHaveLength(280);
});
