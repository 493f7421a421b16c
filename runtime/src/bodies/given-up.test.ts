import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { STREAMS } from "../streams.ts";
import { startLog } from "../testing/log-server.ts";
import { CHUNK } from "./chunks.ts";
import { makeStreamBodies } from "./jetstream.ts";

const OWNER = { tenant: "acme", messageId: "01J0000000000000000000000A" };
const LEFT = new Error("the client left");

/** Chunks of a mail whose client leaves before its end. */
async function* leaving(chunks: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < chunks; at += 1) yield Buffer.alloc(CHUNK, "a");
  throw LEFT;
}

test("of a mail that does not come to its end the log's own store keeps nothing", async () => {
  await using log = await startLog();
  const bodies = makeStreamBodies(log.nats, 4);
  const kept = async () => (await log.nats.jsm.streams.info(STREAMS.bodies)).state;
  await expect(bodies.write(OWNER, leaving(4))).rejects.toThrow(LEFT);
  await expect.poll(async () => (await kept()).messages).toBe(0);
  // Some of it was there.
  expect((await kept()).last_seq).toBeGreaterThan(2);
});
