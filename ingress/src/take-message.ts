import type { Readable } from "node:stream";
import { accept, checkHeader, type Client, type HeaderSeen, type Transaction } from "./accept.ts";
import type { Door } from "./door.ts";
import { fieldsAsked, readableField, tagsOf, traceIdOf } from "./fields.ts";
import { rewriteHeader } from "./header.ts";
import {
  discard,
  joined,
  openMessage,
  type IncomingMessage,
  type MessageLimits,
} from "./message.ts";
import { metrics } from "./metrics.ts";
import { receivedField } from "./received.ts";
import { Refused, reply, type Reply } from "./replies.ts";
import { checkOriginators, senderDomains } from "./sender-domains.ts";

/** The client of a transaction, with what only the trace line tells of it. */
export type SmtpClient = Client & { esmtp: boolean };

type Handover = {
  transaction: Transaction;
  client: SmtpClient;
  /** Called when the event goes to the log: from here on nobody can say that it is not accepted. */
  onAppend: () => void;
};

/**
 * Takes in the message that follows DATA: keeps its bytes, then the event, and only then says 250.
 * A message that is refused is read to its end, so that the connection can go on. Whatever nobody
 * foresaw is temporary (451), and its cause is in the log.
 */
export async function takeMessage(door: Door, stream: Readable, from: Handover): Promise<Reply> {
  const { messageId, tenant } = from.transaction;
  try {
    const message = await openMessage(stream, limitsOf(door));
    const isOurs = senderDomains(door, tenant);
    const fault =
      checkHeader(headerSeen(message)) ?? (isOurs && checkOriginators(message.fields, isOurs));
    if (fault !== undefined) throw new Refused(fault);
    from.transaction.traceId = traceIdOf(message.fields) ?? from.transaction.traceId;
    await keep(door, message, from);
    return reply("queued", { messageId });
  } catch (error) {
    discard(stream);
    if (error instanceof Refused) return error.reply;
    const left = stream.destroyed && !stream.readableEnded;
    if (left) door.log.info({ messageId, tenant }, "client left within a message");
    else door.log.error({ err: error, messageId, tenant }, "message not kept");
    return reply("unavailable");
  }
}

const headerSeen = ({ fields, stray }: IncomingMessage): HeaderSeen => ({
  received: fields.filter(({ name }) => name === "received").length,
  fields: fields.length,
  lines: fields.reduce((sum, { lines }) => sum + lines.length, 0),
  stray,
});

const limitsOf = ({ config }: Door): MessageLimits => ({
  size: config.WAYBILL_SMTP_MAX_SIZE,
  header: config.WAYBILL_SMTP_MAX_HEADER,
  line: config.WAYBILL_SMTP_MAX_LINE,
});

async function keep(door: Door, { fields, body }: IncomingMessage, from: Handover): Promise<void> {
  const { messageId, tenant, traceId } = from.transaction;
  const date = new Date();
  const kept = await door.bodies.write(
    { tenant, messageId },
    joined(headerOf(door, fields, from, date), body),
  );
  const { transaction, client } = from;
  const header = headerFacts(fields, `<${messageId}@${door.config.WAYBILL_HOSTNAME}>`);
  const marks = marksOf(fields, door.directory.rules(tenant).fields);
  const time = date.toISOString();
  from.onAppend();
  await door.events.append(accept({ transaction, client, header, marks, body: kept, time }));
  metrics.accepted(tenant, kept.size);
  door.log.debug({ messageId, tenant, traceId, size: kept.size }, "accepted");
}

function headerOf(
  { config }: Door,
  fields: IncomingMessage["fields"],
  { transaction, client }: Handover,
  date: Date,
): Buffer {
  const { messageId, utf8, credential } = transaction;
  const stamp = { hostname: config.WAYBILL_HOSTNAME, messageId, date };
  const authenticated = credential !== undefined;
  const received = receivedField({ ...stamp, ...client, utf8, authenticated });
  return rewriteHeader(fields, { ...stamp, received });
}

const headerFacts = (fields: IncomingMessage["fields"], ownMessageId: string) => ({
  from: readableField(fields, "from"),
  subject: readableField(fields, "subject"),
  messageId: readableField(fields, "message-id") || ownMessageId,
});

const marksOf = (fields: IncomingMessage["fields"], asked: readonly string[]) => ({
  tags: tagsOf(fields),
  fields: fieldsAsked(fields, asked),
});
