import type { AttemptView, AuditEntry, MessageView } from "@waybill/schemas";
import type { TenantView } from "../views.ts";
import { ATTEMPT, AUDIT, MESSAGE } from "./columns.ts";
import { recipientsOf } from "./recipients.ts";

const ONE = `SELECT ${MESSAGE} FROM messages WHERE tenant = $1 AND id = $2`;

/** A message of the tenant, or undefined. */
export async function findMessage(view: TenantView, id: string): Promise<MessageView | undefined> {
  const { rows } = await view.tx.query<Omit<MessageView, "recipients">>(ONE, [view.tenant, id]);
  const [row] = rows;
  return row && Object.assign(row, { recipients: (await recipientsOf(view, [id]))(id) });
}

const ATTEMPTS = `
  SELECT ${ATTEMPT} FROM attempts WHERE tenant = $1 AND message_id = $2 ORDER BY seq`;

/** Every outcome of every attempt at a message, in the order of the log. */
export async function attemptsOf({ tx, tenant }: TenantView, id: string): Promise<AttemptView[]> {
  return (await tx.query<AttemptView>(ATTEMPTS, [tenant, id])).rows;
}

const INDEX = `
  SELECT ${AUDIT} FROM audit WHERE tenant = $1 AND message_id = $2 ORDER BY seq`;

/** Where in the log the events of a message are. */
export async function auditOf({ tx, tenant }: TenantView, id: string): Promise<AuditEntry[]> {
  return (await tx.query<AuditEntry>(INDEX, [tenant, id])).rows;
}
