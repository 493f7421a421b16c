import { laneOf } from "@waybill/schemas";
import { setTimeout as sleep } from "node:timers/promises";
import { makeLogger } from "../../logger.ts";
import type { Nats } from "../../nats.ts";
import { replay } from "../../replay.ts";
import { STREAMS } from "../../streams.ts";
import { sealAll } from "../seal.ts";
import { type Verified, verifyChains } from "../verify.ts";

export const silent = makeLogger("silent", "test");

/** Appends an event of a tenant; its bytes are no matter here. @returns its sequence */
export async function append({ js }: Nats, tenant: string, text = "{}"): Promise<number> {
  const subject = `mail.fact.${laneOf(tenant, 16)}.${tenant}.delivered`;
  return (await js.publish(subject, text)).seq;
}

/** What verification says of every tenant. */
export async function verified(nats: Nats): Promise<Record<string, Verified>> {
  const found: Record<string, Verified> = {};
  for await (const one of verifyChains(nats)) found[one.tenant] = one;
  return found;
}

/** Resolves once every event is in a link, whoever seals. */
export async function allSealed(nats: Nats): Promise<Record<string, Verified>> {
  for (;;) {
    const found = await verified(nats);
    const all = Object.values(found);
    if (all.every(({ notSealed, fault }) => notSealed === 0 || fault !== undefined)) return found;
    await sleep(50);
  }
}

/** Seals what there is, and ends. */
export async function seal(nats: Nats): Promise<Record<string, Verified>> {
  await sealAll(nats);
  return verified(nats);
}

type Copied = { seq: number; subject: string; data: Uint8Array };

/**
 * Makes a stream anew out of what `change` leaves of its messages, each at its sequence: what
 * somebody could do who may do everything with the log.
 */
export async function remake(
  nats: Nats,
  stream: string,
  change: (all: Copied[]) => Copied[],
): Promise<void> {
  const { jsm, js } = nats;
  const all: Copied[] = [];
  const filters = stream === STREAMS.mail ? ["mail.>"] : [">"];
  for await (const one of replay(nats, { stream, filters })) all.push(one);
  const { config } = await jsm.streams.info(stream);
  await jsm.streams.delete(stream);
  await jsm.streams.add(config);
  let at = 0;
  for (const { seq, subject, data } of change(all)) {
    for (at += 1; at < seq; at += 1) {
      const { seq: filler } = await js.publish(subject, "filler");
      await jsm.streams.deleteMessage(stream, filler);
    }
    await js.publish(subject, data);
  }
}
