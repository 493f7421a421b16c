import type { MailEvent } from "@waybill/schemas";

/** An event with its place in the log. */
export type Entry = { event: MailEvent; seq: number };

const decoder = new TextDecoder();
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** What Postgres cannot keep in a text (NUL, half a surrogate pair) becomes U+FFFD. */
const storable = (_key: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value;

/** The event in a message of the log, as we wrote it. @throws SyntaxError when it holds no JSON */
export function readEvent(data: Uint8Array): MailEvent {
  const text = decoder.decode(data);
  return (UNSTORABLE.test(text) ? JSON.parse(text, storable) : JSON.parse(text)) as MailEvent;
}
