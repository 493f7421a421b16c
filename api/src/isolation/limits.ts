import type { World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: object; answers?: string };

const OWN = "/api/v1/limits";
const OF_A = "/api/v1/tenants/a/limits";

/** The answer to a change has numbers only: this one is a's. */
const NUMBER = 104_729;
const marked = { payload: { perUser: { hourly: NUMBER } }, answers: `${NUMBER}` };

async function limited(world: World, url: string): Promise<Ask> {
  const payload = { name: MARK, limits: { hourly: NUMBER } };
  await world.as("a", { method: "POST", url: "/api/v1/smtp-credentials", payload });
  return { url };
}

/** How the routes of limits are asked for what is tenant a's. */
export const LIMITS: Record<string, (world: World) => Promise<Ask> | Ask> = {
  [`get ${OWN}`]: (world) => limited(world, OWN),
  [`patch ${OWN}`]: () => ({ url: OWN, ...marked }),
  ["get /api/v1/tenants/{tenant}/limits"]: (world) => limited(world, OF_A),
  ["patch /api/v1/tenants/{tenant}/limits"]: () => ({ url: OF_A, ...marked }),
};
