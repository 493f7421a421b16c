import { parseMailSubject } from "@waybill/schemas";
import {
  type ErasedPlace,
  indexErased,
  readErased,
  readRecord,
  storedOf,
} from "./erasure/records.ts";
import { bySequence, lastOnLeader } from "./leader-reads.ts";
import type { Nats } from "./nats.ts";
import { readStream, type ReplayOptions, type Stored } from "./read-stream.ts";
import { STREAMS } from "./streams.ts";

/**
 * Reads what a stream holds, in order, and ends; as `readStream`. Of events in MAIL that were erased it
 * gives what is left, where they were, whether the originals are overwritten yet or not.
 * @throws when the log falls silent before the end, or the connection is closed
 */
export function replay(nats: Nats, options: ReplayOptions): AsyncGenerator<Stored> {
  return options.stream === STREAMS.mail ? replayMail(nats, options) : readStream(nats, options);
}

function replayMail(nats: Nats, options: ReplayOptions): AsyncGenerator<Stored> {
  return readStream(nats, options, async (through) => {
    const { places } = await indexErased(nats, tenantIn(options.filters));
    return [...places.values()]
      .filter((place) => isAsked(place, options, through))
      .toSorted((one, other) => one.seq - other.seq)
      .map((place) => ({
        seq: place.seq,
        keptAt: new Date(place.keptAt),
        read: () => standIn(nats, place),
      }));
  });
}

async function standIn(nats: Nats, place: ErasedPlace): Promise<Stored | undefined> {
  const record = await readRecord(nats, place);
  return record && storedOf(record);
}

/** The one tenant that filters of MAIL name; `*` when they name none, or several. */
function tenantIn(filters: readonly string[]): string {
  const tenants = new Set(filters.map((filter) => parseMailSubject(filter).tenant));
  const [tenant = ""] = tenants;
  return tenants.size === 1 && tenant !== "" ? tenant : "*";
}

function isAsked(
  { seq, subject, keptAt }: ErasedPlace,
  { filters, from = 0 }: ReplayOptions,
  through: number,
): boolean {
  const isLater = from instanceof Date ? keptAt >= from.getTime() : seq >= from;
  return isLater && seq <= through && filters.some((filter) => matches(filter, subject));
}

/** Whether a subject matches a filter of NATS. */
function matches(filter: string, subject: string): boolean {
  const [wanted, given] = [filter.split("."), subject.split(".")];
  const isOpenEnded = wanted.at(-1) === ">";
  const fixed = isOpenEnded ? wanted.slice(0, -1) : wanted;
  const isLong = isOpenEnded ? given.length > fixed.length : given.length === fixed.length;
  return isLong && fixed.every((token, at) => token === "*" || token === given[at]);
}

/** What is left of the event at a sequence of MAIL, or the event itself; undefined when the log holds neither (any more). */
export async function readEventAt(
  nats: Nats,
  tenant: string,
  messageId: string,
  seq: number,
): Promise<Stored | undefined> {
  const original = await readOne(nats, STREAMS.mail, seq);
  const { records } = await readErased(nats, tenant, messageId);
  const record = records.get(seq);
  return record === undefined ? original : storedOf(record);
}

/** The message at one sequence, or undefined when the stream does not hold it (any more). */
export async function readOne(
  nats: Nats,
  stream: string,
  seq: number,
): Promise<Stored | undefined> {
  const message = await bySequence(nats, stream, seq);
  if (message === null) return undefined;
  const { subject, time, data } = message;
  return { seq, subject, time, data, json: <T>() => message.json<T>() };
}

/** The sequence of the last message of some subjects, or 0 when the stream holds none. */
export async function lastSeqOf(nats: Nats, stream: string, subjects: string): Promise<number> {
  return (await lastOnLeader(nats, stream, subjects))?.seq ?? 0;
}
