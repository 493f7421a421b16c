import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeRelay, type Relay } from "../relay/relay.ts";
import type { BenchOptions } from "./options.ts";
import type { Peer } from "./peer.ts";

const POLL_MS = 10;

/** The whole relay, not started yet, with the engines it embeds: a data folder of its own in `folder`. */
export function makeWaybill(
  folder: string,
  sinkPort: number,
  options: BenchOptions,
  settings: Record<string, string> = {},
): Promise<Relay> {
  const { profile } = options;
  return makeRelay({
    data: join(folder, "waybill"),
    env: {
      WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo",
      WAYBILL_RELAY_URL: `smtp://127.0.0.1:${sinkPort}`,
      ...(profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` }),
      ...settings,
    },
  });
}

/** A relay that runs, as a peer. */
export const waybillPeer = (relay: Relay): Peer => ({
  name: "waybill",
  port: relay.smtpPort,
  tellsDelivered: async (id) => {
    while ((await statusOf(relay, id)) !== "delivered") await sleep(POLL_MS);
  },
});

async function statusOf(relay: Relay, id: string): Promise<string | undefined> {
  const response = await relay.api(`/api/v1/messages/${id}`);
  const { status } = (await response.json()) as { status?: string | number };
  return String(status);
}
