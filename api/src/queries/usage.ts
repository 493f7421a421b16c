import { firstUlidOf, type MessageStatus } from "@waybill/schemas";
import type { TenantView } from "../views.ts";

/** Messages handed in by logins, by what became of them. */
const MESSAGES = `
  SELECT status AS word, count(*)::int AS count FROM messages
  WHERE tenant = $1 AND credential = ANY($2::text[]) AND id >= $3 GROUP BY status`;

/** What an attempt came to may be recorded in parts. */
const ATTEMPTS = `
  SELECT status AS word, count(DISTINCT (message_id, attempt))::int AS count FROM attempts
  WHERE tenant = $1 AND provider = $2 AND at >= $3::timestamptz GROUP BY status`;

type Row = { word: string; count: number };
type Count<W extends string> = Partial<Record<W, number>>;

const counted = <W extends string>(rows: Row[]) =>
  Object.fromEntries(rows.map(({ word, count }) => [word, count])) as Count<W>;

/** How many messages of these credentials were accepted since then, by their state. */
export async function messagesOf({ tx, tenant }: TenantView, credentials: string[], since: Date) {
  const values = [tenant, credentials, firstUlidOf(since.getTime())];
  return counted<MessageStatus>((await tx.query<Row>(MESSAGES, values)).rows);
}

/** How many attempts a provider made since then, by how they went. */
export async function attemptsOf({ tx, tenant }: TenantView, provider: string, since: Date) {
  const values = [tenant, provider, since.toISOString()];
  return counted<"delivered" | "failed" | "ambiguous">(
    (await tx.query<Row>(ATTEMPTS, values)).rows,
  );
}
