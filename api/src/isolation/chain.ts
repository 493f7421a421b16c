import { lastLink, sealEvents } from "@waybill/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../testing/world.ts";

const URL = "/api/v1/audit/chain";

/** Seals what the log holds, until tenant a has a link. */
async function seal({ deps: { nats, log } }: World): Promise<void> {
  const sealer = sealEvents({ nats, log });
  while ((await lastLink(nats, "a")) === undefined) await sleep(20);
  await sealer.stop();
}

/** How the head of a's chain is asked for. */
export const CHAIN: Record<string, (world: World) => Promise<{ url: string; answers: string }>> = {
  [`get ${URL}`]: async (world) => {
    const { nats } = world.deps;
    if ((await lastLink(nats, "a")) === undefined) await seal(world);
    return { url: URL, answers: (await lastLink(nats, "a"))?.link.hash ?? "no link" };
  },
};
