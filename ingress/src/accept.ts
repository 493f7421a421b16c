import {
  isAllowedRecipient,
  type BodyRef,
  type MessageAccepted,
  type MessageId,
  type RoutingFacts,
  type Slug,
  type Tenant,
} from "@waybill/schemas";
import { reply, type Reply } from "./replies.ts";

/** A mail transaction (RFC 5321 3.3) as far as it has come; recipients by what makes them one mailbox. */
export type Transaction = {
  messageId: MessageId;
  traceId: string;
  tenant: Slug;
  credential?: string;
  /** The user whose credential it is. */
  user?: string;
  /** The credential is one for testing. */
  test?: true;
  from: string;
  utf8: boolean;
  recipients: Map<string, string>;
};

/** Who handed the message in, and over what. */
export type Client = { address: string; helo: string; tls: boolean };

/** A message of which everything is kept but the event that says so. */
export type Kept = {
  transaction: Transaction;
  client: Client;
  header: MessageAccepted["header"];
  /** What its header says that routing asks for. */
  marks: Pick<RoutingFacts, "tags" | "fields">;
  body: BodyRef;
  /** ISO 8601. */
  time: string;
};

/** What an address command says that is not its grammar. */
type Said = { ascii: boolean; utf8: boolean; parameters: readonly string[] };

const PARAMETERS = { mail: ["SIZE", "BODY", "SMTPUTF8", "AUTH"], rcpt: [] as string[] };

/** Why an address or its parameters cannot be taken, if they cannot (RFC 5321 4.1.1.11, RFC 6531 3.4). */
export function checkAddress(verb: "mail" | "rcpt", said: Said): Reply | undefined {
  const parameter = said.parameters.find((name) => !PARAMETERS[verb].includes(name));
  if (parameter !== undefined) return reply("unknownParameter", { parameter });
  return said.ascii || said.utf8 ? undefined : reply("needsSmtpUtf8");
}

/** Received fields a message may have: RFC 5321 6.3 asks for 100 at least. */
const MAX_HOPS = 100;

/** What is told by a first line of a message that was meant for its header: a colon, a fold, an mbox line. */
const MEANT_FOR_HEADER = /^[ \t]|^>?From |:/;

/** A header section as it was read; `stray` is the line that ended it, unless that was empty. */
export type HeaderSeen = {
  received: number;
  fields: number;
  lines: number;
  stray: string | undefined;
};

/**
 * Why a message cannot be taken for its header, if it cannot: it goes round in circles, or a line
 * ends the section that should not, so that fields after it would show in the body. A message whose
 * first line is text has no header, and that is allowed.
 */
export function checkHeader({ received, fields, lines, stray }: HeaderSeen): Reply | undefined {
  if (received > MAX_HOPS) return reply("loop", { max: MAX_HOPS });
  const isBroken = stray !== undefined && (fields > 0 || MEANT_FOR_HEADER.test(stray));
  return isBroken ? reply("malformedHeader", { line: lines + 1 }) : undefined;
}

/** Adds a recipient once, unless the transaction has as many as it may (RFC 5321 4.5.3.1.10). */
export function addRecipient(
  { recipients }: Transaction,
  [key, address]: readonly [string, string],
  max: number,
): Reply | undefined {
  if (recipients.has(key)) return undefined;
  if (recipients.size >= max) return reply("tooManyRecipients", { max });
  recipients.set(key, address);
  return undefined;
}

/** Why a tenant's mail may not go to a recipient, if it may not. */
export function checkRecipient(tenant: Tenant | undefined, address: string): Reply | undefined {
  const isAllowed = isAllowedRecipient(tenant?.allowedRecipients, address);
  return isAllowed ? undefined : reply("recipientNotAllowed");
}

function routingOf({ credential, user, test }: Transaction, marks: Kept["marks"]): RoutingFacts {
  return {
    ...(credential !== undefined && { credential }),
    ...(user !== undefined && { user }),
    ...(test && { test }),
    ...marks,
  };
}

/** The fact that a message was accepted, which is also its first work item. */
export function accept({ transaction, client, header, marks, body, time }: Kept): MessageAccepted {
  const { messageId, traceId, tenant, credential, from, utf8, recipients } = transaction;
  return {
    type: "accepted",
    messageId,
    tenant,
    time,
    traceId,
    attempt: 1,
    rung: 0,
    envelope: { from, recipients: [...recipients.values()], utf8 },
    body,
    submission: {
      protocol: "smtp",
      address: client.address,
      helo: client.helo,
      tls: client.tls,
      ...(credential === undefined ? {} : { credential }),
    },
    header,
    routing: routingOf(transaction, marks),
  };
}
