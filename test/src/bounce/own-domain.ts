import { putEntity } from "@waybill/runtime";
import { openLog } from "../faults/log-access.ts";
import { ask } from "../relay/ask.ts";
import type { Relay } from "../relay/relay.ts";

export const RETURN_PATH = "bounce.example.com";

/** As if DNS had shown that the first tenant may send from example.com; then its mail comes back to us. */
export async function takeBounces(relay: Relay): Promise<void> {
  const nats = await openLog(relay.engines.natsUrl);
  const { tenant } = relay.credentials;
  const time = new Date().toISOString();
  const entity = {
    kind: "domain",
    id: "example.com",
    token: "t",
    createdAt: time,
    verifiedAt: time,
  } as const;
  const { kind, id } = entity;
  await putEntity(nats, { tenant, kind, id, time, actor: "test", reason: "test", entity });
  await nats.close();
  const patch = { returnPath: RETURN_PATH, notifySender: true };
  await ask(relay, "PATCH", `/api/v1/tenants/${tenant}`, patch);
}
