import { putEntity } from "@waybill/runtime";
import { openLog } from "../faults/log-access.ts";
import type { Sink } from "../mail/sink.ts";
import { ask } from "./ask.ts";
import type { Relay } from "./relay.ts";

export const LOGIN = { username: "relay", password: "the relay's own p4ssw0rd" };

/** The setting with which tenants may name hosts on this machine. */
export const HERE = { WAYBILL_OUTBOUND_ALLOW: "127.0.0.0/8" };

/** A sink's address and login as the API takes them. */
export const settingsOf = ({ port }: Sink) => ({
  host: "127.0.0.1",
  port,
  tls: "none",
  auth: LOGIN,
});

/** Makes a provider of the first tenant that leads to a sink, and a route to it; its id. */
export async function provideSink(relay: Relay, sink: Sink): Promise<string> {
  const body = { type: "smtp", name: "Sink", ...settingsOf(sink) };
  const { id } = await ask<{ id: string }>(relay, "POST", "/api/v1/providers", body);
  await routeTo(relay, id);
  return id;
}

async function routeTo({ engines, credentials }: Relay, provider: string): Promise<void> {
  const nats = await openLog(engines.natsUrl);
  const then = { type: "providers" as const, providers: [provider] };
  const entity = { kind: "route", id: "sink", position: 0, then } as const;
  const { kind, id } = entity;
  const time = new Date().toISOString();
  const of = { tenant: credentials.tenant, kind, id, time, actor: "test", reason: "test" };
  await putEntity(nats, { ...of, entity });
  await nats.close();
}
