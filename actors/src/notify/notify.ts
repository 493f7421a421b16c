import {
  type BodyStore,
  type Directory,
  findAccepted,
  isAccepted,
  type Log,
  type Logger,
  messageIdFor,
  type Nats,
} from "@waybill/runtime";
import {
  type DeadLettered,
  dedupeId,
  type FactEvent,
  isAllowedRecipient,
  type MessageAccepted,
} from "@waybill/schemas";
import { composeReport, senderOf, SUBJECT } from "./compose.ts";
import { headerOf } from "./original.ts";

/** What it takes to tell senders. */
export type Notifier = {
  nats: Nats;
  events: Log;
  bodies: BodyStore;
  directory: Pick<Directory, "tenant">;
  log: Logger;
  /** The name by which this relay is known. */
  hostname: string;
  /** Milliseconds since 1970. */
  now: () => number;
};

/** Milliseconds for which a report waits for the mail that it is about, whose store does not answer. */
const PATIENCE = 10 * 60_000;

async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** The report as a mail of the tenant's own: from nobody, so that none is ever made of it. */
function mailOf(
  { id, hostname }: { id: string; hostname: string },
  dead: DeadLettered,
  { envelope, routing }: MessageAccepted,
  body: MessageAccepted["body"],
): MessageAccepted {
  const { tenant, traceId, time } = dead;
  return {
    type: "accepted",
    messageId: id,
    tenant,
    traceId,
    time,
    attempt: 1,
    rung: 0,
    envelope: { from: "", recipients: [envelope.from], utf8: envelope.utf8 },
    body,
    submission: { protocol: "internal", address: "", helo: hostname, tls: false },
    header: { from: senderOf(hostname), subject: SUBJECT, messageId: `<${id}@${hostname}>` },
    routing: { tags: [], fields: {}, ...(routing.test && { test: routing.test }) },
  };
}

async function tellSender(to: Notifier, dead: DeadLettered, mail: MessageAccepted): Promise<void> {
  const { hostname, nats, events, bodies } = to;
  const { tenant } = dead;
  const id = messageIdFor(dedupeId(dead), new Date(dead.time));
  if (await isAccepted(nats, tenant, id)) return;
  const original = await headerOf(bodies.read(tenant, mail.body)).catch((error: unknown) => {
    if (to.now() - Date.parse(dead.time) < PATIENCE) throw error;
    return "";
  });
  const text = composeReport({ id, hostname, accepted: mail, dead, original });
  const body = await bodies.write({ tenant, messageId: id }, bytesOf(text));
  await events.append(mailOf({ id, hostname }, dead, mail, body));
  to.log.info({ tenant, messageId: id, about: dead.messageId }, "sender is told");
}

/**
 * Tells the sender of a mail whose recipients were given up, if its tenant wants that; resolves once
 * the report is accepted as a mail. Nobody is told of a mail without a sender, and so of no report.
 */
export function makeNotify(to: Notifier): (fact: FactEvent) => Promise<void> {
  return async (fact) => {
    const tenant = to.directory.tenant(fact.tenant);
    if (fact.type !== "deadlettered" || tenant?.notifySender !== true) return;
    const mail = await findAccepted(to.nats, fact.tenant, fact.messageId);
    const sender = mail?.envelope.from ?? "";
    if (mail === undefined || sender === "") return;
    if (isAllowedRecipient(tenant.allowedRecipients, sender)) await tellSender(to, fact, mail);
  };
}
