import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeRelay, type Relay } from "../relay/relay.ts";
import { FalseClock } from "../faults/false-clock.ts";
import { SmallDisk } from "../faults/small-disk.ts";
import { NextHop } from "./next-hop.ts";
import { makeSides, type Side } from "./tenants.ts";

/** All that faults are done to. */
export type World = {
  relay: Relay;
  hop: NextHop;
  sides: readonly Side[];
  /** Undefined when we may not mount one. */
  disk: SmallDisk | undefined;
  /** Of the relay's own processes; undefined when there is no libfaketime. */
  clock: FalseClock | undefined;
  /** When the actors that were killed had gone, and all that they had sent was with the next hop; milliseconds since the epoch. */
  kills: number[];
};

/** A relay whose way out is a next hop of ours, on a small disk if may be; `stack` undoes all of it. */
export async function openWorld(stack: AsyncDisposableStack, log?: string): Promise<World> {
  const disk = SmallDisk.mount();
  if (disk) stack.defer(() => disk.unmount());
  const clock = FalseClock.make();
  if (clock) stack.defer(() => clock.remove());
  const kills: number[] = [];
  const hop = await NextHop.start(() => kills.length);
  stack.defer(() => hop.stop());
  const relay = await makeRelay({
    ...(disk && { data: join(disk.folder, "data") }),
    env: { WAYBILL_RELAY_URL: hop.proxy.url, WAYBILL_RELAY_CONCURRENCY: "20", ...clock?.env },
  });
  stack.defer(() => relay.discard());
  if (log !== undefined) stack.defer(() => keepOutput(relay, log));
  await relay.start();
  return { relay, hop, sides: await makeSides(relay), disk, clock, kills };
}

async function keepOutput({ output, data }: Relay, file: string): Promise<void> {
  const nats = await readFile(join(data, "nats", "nats.log"), "utf8").catch(() => "");
  await writeFile(file, [...output, nats].join(""));
}
