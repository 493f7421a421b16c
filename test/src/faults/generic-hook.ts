import { createHmac, randomBytes } from "node:crypto";
import { ask } from "../relay/ask.ts";
import type { Relay } from "../relay/relay.ts";

/** A webhook of the first tenant's, as its provider calls it (Standard Webhooks 1.0). */
export type GenericHook = {
  /** The status of the answer. */
  call(id: string, events: readonly object[]): Promise<number>;
};

export async function makeHook(relay: Relay): Promise<GenericHook> {
  const key = randomBytes(32);
  const settings = { type: "generic", secret: `whsec_${key.toString("base64")}` };
  const { url } = await ask<{ url: string }>(relay, "POST", "/api/v1/hooks", settings);
  const call = async (id: string, events: readonly object[]) => {
    const [timestamp, body] = [String(Math.floor(Date.now() / 1000)), JSON.stringify({ events })];
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${mac}`,
    };
    return (await relay.api(new URL(url).pathname, { method: "POST", headers, body })).status;
  };
  return { call };
}
