import { makeRelay, type Relay } from "../relay/relay.ts";

/** Stages in a process of their own, with the settings and engines of a relay that runs the others. */
export async function startStage(
  { relay, sink }: { relay: Relay; sink: { url: string } },
  stages: string,
  settings: Record<string, string> = {},
): Promise<Relay> {
  const env = {
    WAYBILL_STAGES: stages,
    WAYBILL_SMTP_PORT: String(relay.smtpPort),
    WAYBILL_SMTPS_PORT: String(relay.smtpsPort),
    WAYBILL_API_PORT: String(relay.apiPort),
    WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo",
    WAYBILL_RELAY_URL: sink.url,
    NATS_URL: relay.engines.natsUrl,
    DATABASE_URL: relay.engines.databaseUrl,
    ...settings,
  };
  return (await makeRelay({ data: relay.data, env })).start();
}
