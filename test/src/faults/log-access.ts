import {
  connectNats,
  consumerNames,
  makeLogger,
  putEntity,
  replay,
  STREAMS,
  type Nats,
} from "@waybill/runtime";
import type { MailEvent, Tenant } from "@waybill/schemas";

/** A connection to the log of a relay, of the test's own. */
export const openLog = (natsUrl: string): Promise<Nats> =>
  connectNats(natsUrl, "test", makeLogger("error", "test"));

/** Puts a tenant as it shall be from now on. */
export async function putTenant(nats: Nats, change: Partial<Tenant> & { id: string }) {
  const entity: Tenant = {
    kind: "tenant",
    name: change.id,
    concurrency: 20,
    retryLadder: [1, 1, 1, 2, 2, 3, 3, 5, 5],
    onAmbiguous: "retry",
    breakerLadder: [1],
    ...change,
  };
  const time = new Date().toISOString();
  const base = { tenant: entity.id, kind: entity.kind, id: entity.id, time };
  await putEntity(nats, { ...base, actor: "test", reason: "test", entity });
}

/** The events of a tenant of one type, out of the log itself. */
export async function eventsOf<T extends MailEvent["type"]>(
  nats: Nats,
  tenant: string,
  type: T,
): Promise<Extract<MailEvent, { type: T }>[]> {
  const found: Extract<MailEvent, { type: T }>[] = [];
  const filters = [`mail.*.*.${tenant}.${type}`];
  for await (const one of replay(nats, { stream: STREAMS.mail, filters })) found.push(one.json());
  return found;
}

/** Sequence of the last event of the log; timers are no events. */
export async function lastEvent({ jsm }: Nats): Promise<number> {
  const query = { last_by_subj: "mail.>" };
  return (await jsm.direct.getMessage(STREAMS.mail, query))?.seq ?? 0;
}

/** By consumer, the work items that wait for an actor, and those whose acknowledgement has not come. */
export async function handsOf(nats: Nats) {
  const names = (await consumerNames(nats, STREAMS.mail)).filter((one) =>
    /^(lane|backlog)-/.test(one),
  );
  const all = await Promise.all(names.map((name) => nats.jsm.consumers.info(STREAMS.mail, name)));
  return all
    .map(({ name, num_pending: waits, num_ack_pending: taken, delivered, config }) => {
      const [from, through] = [config.opt_start_seq, delivered.stream_seq];
      return { name, waits, taken, from, through };
    })
    .filter(({ waits, taken }) => waits + taken > 0);
}

/** Work items that wait for an actor, or whose acknowledgement has not come. */
export async function itemsInHand(nats: Nats): Promise<number> {
  return (await handsOf(nats)).reduce((sum, { waits, taken }) => sum + waits + taken, 0);
}
