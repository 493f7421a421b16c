import { lastLink, sealAll } from "@waybill/runtime";
import type { World } from "../testing/world.ts";

const URL = "/api/v1/audit/chain";

/** How the head of a's chain is asked for. */
export const CHAIN: Record<string, (world: World) => Promise<{ url: string; answers: string }>> = {
  [`get ${URL}`]: async (world) => {
    const { nats } = world.deps;
    if ((await lastLink(nats, "a")) === undefined) await sealAll(nats);
    return { url: URL, answers: (await lastLink(nats, "a"))?.link.hash ?? "no link" };
  },
};
