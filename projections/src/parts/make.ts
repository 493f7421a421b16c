import type { Tx } from "@waybill/runtime/postgres";
import type { MailEvent } from "@waybill/schemas";
import type { Entry } from "../read-event.ts";
import { isIn, nameOf, type Part, spanFor } from "./bounds.ts";

/** An id of another form is of no time: PostgreSQL refuses its rows. */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

const PARTS = {
  name: "read-parts",
  text: "SELECT low, high, dropped FROM parts ORDER BY low DESC",
};

/**
 * Makes the parts that messages need and that are not there. The checkpoint of the views is ours: nobody
 * else makes or drops one meanwhile.
 * @returns whether a message has rows: not one whose part was dropped because of its age
 */
export async function makeParts(
  tx: Tx,
  ids: readonly string[],
  days: number,
): Promise<(id: string) => boolean> {
  const parts = (await tx.query<Part>(PARTS)).rows;
  const partOf = (id: string) => parts.find((part) => isIn(part, id));
  for (const id of ids) {
    if (partOf(id) !== undefined || !ULID.test(id)) continue;
    const span = spanFor(id, parts, days);
    await tx.query("SELECT make_part($1, $2, $3)", [nameOf(span), span.low, span.high]);
    parts.unshift({ ...span, dropped: false });
  }
  return (id) => partOf(id)?.dropped !== true;
}

/** The entries whose messages have rows, once there are parts for them. */
export async function keptEntries(
  tx: Tx,
  entries: Entry<MailEvent>[],
  days: number,
): Promise<Entry<MailEvent>[]> {
  const ids = entries.map(({ event }) => event.messageId);
  const isKept = await makeParts(tx, ids, days);
  return entries.filter(({ event }) => isKept(event.messageId));
}
