import { tell } from "../testing/history.ts";
import type { World } from "../testing/world.ts";

type Ask = { url: string; payload?: object; answers?: string };

const LIST = "/api/v1/erasures";

/** A message of tenant a's that has ended; how its erasure, and those there were, are asked for. */
export const ERASURES: Record<string, (world: World) => Promise<Ask>> = {
  [`post ${LIST}`]: async (world) => {
    const recipients = [{ address: "gone@x.test", status: "delivered" as const }];
    const messageId = await tell(world, "a", { recipients });
    return { url: LIST, payload: { messageId }, answers: messageId };
  },
  [`get ${LIST}`]: async (world) => {
    const payload = { recipient: "nobody@x.test" };
    await world.as("a", { method: "POST", url: LIST, payload });
    return { url: LIST, answers: '"recipient"' };
  },
};
