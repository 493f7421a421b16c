import { newMessageId } from "@waybill/runtime";
import type { World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: object; answers?: string };

const LIST = "/api/v1/erasures";
const RECIPIENT = "gone@x.test";

/** A message of tenant a's that has ended, in the log alone: no other sample speaks of it. */
async function endedMessage({ deps: { events } }: World): Promise<string> {
  const messageId = newMessageId();
  const time = new Date().toISOString();
  const base = { messageId, tenant: "a", time, traceId: "0".repeat(32), attempt: 1 };
  await events.append({
    type: "accepted",
    ...base,
    rung: 0,
    envelope: { from: `app@${MARK}.test`, recipients: [RECIPIENT], utf8: false },
    body: { store: "jetstream", chunks: [], size: 0, sha256: "" },
    routing: { tags: [], fields: {} },
    submission: { protocol: "smtp", address: "192.0.2.1", helo: "app", tls: true },
    header: { from: "", subject: MARK, messageId: "" },
  });
  const suppressions = [{ recipient: RECIPIENT, reason: "manual" as const }];
  await events.append({ type: "suppressed", ...base, suppressions });
  return messageId;
}

/** How an erasure, and those there were, are asked for. */
export const ERASURES: Record<string, (world: World) => Promise<Ask>> = {
  [`post ${LIST}`]: async (world) => {
    const messageId = await endedMessage(world);
    return { url: LIST, payload: { messageId }, answers: messageId };
  },
  [`get ${LIST}`]: async (world) => {
    const payload = { messageId: await endedMessage(world) };
    await world.as("a", { method: "POST", url: LIST, payload });
    return { url: LIST, answers: payload.messageId };
  },
};
