import { answerMetrics } from "@waybill/runtime/metrics";
import type { World } from "../testing/world.ts";

type Ask = { url: string; answers: string; isThePlatforms: boolean };

/** Worlds of which a process answers already. */
const answering = new WeakSet<World>();

/** How the metrics of all processes are asked for: one answers. */
export const METRICS: Record<string, (world: World) => Ask> = {
  "get /metrics": (world) => {
    if (!answering.has(world)) answerMetrics(world.deps.nats, "isolation", world.deps.log);
    answering.add(world);
    return { url: "/metrics", answers: "# HELP", isThePlatforms: true };
  },
};
