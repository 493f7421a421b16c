import type { Logger } from "@waybill/runtime";
import type { Recorded } from "@waybill/runtime/postgres";

/** An event with its place in the log. */
export type Entry<E> = { event: E; seq: number };

const decoder = new TextDecoder();
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** What Postgres cannot keep in a text (NUL, half a surrogate pair) becomes U+FFFD. */
const storable = (_key: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value;

/** An event as Postgres can keep it. @throws TypeError | SyntaxError */
export function readEvent<E>(data: Uint8Array): E {
  const text = decoder.decode(data);
  const event: unknown = UNSTORABLE.test(text) ? JSON.parse(text, storable) : JSON.parse(text);
  if (typeof event !== "object" || event === null) throw new TypeError("not an object");
  return event as E;
}

/** The events of a batch, as we wrote them. What is not one is told of and left out: it would be so at every try. */
export function readEntries<E>(batch: readonly Recorded[], log: Pick<Logger, "error">): Entry<E>[] {
  return batch.flatMap(({ seq, data }) => {
    try {
      return [{ seq, event: readEvent<E>(data) }];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.error({ seq, why }, "not an event, left out of the views");
      return [];
    }
  });
}
