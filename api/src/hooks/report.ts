import type { FeedbackEvent } from "@waybill/schemas";
import { digestOf } from "./call.ts";

/** What the log adds to what a provider tells. */
type Ours = "messageId" | "tenant" | "time" | "traceId" | "recipient" | "at" | "origin";
type Without<E, K extends PropertyKey> = E extends unknown ? Omit<E, K> : never;

/** What happened, without to whom and when. */
export type What = Without<FeedbackEvent, Ours>;

/** One thing that a provider tells of one recipient of one message. */
export type Report = {
  /** The id we gave the message on its way out. */
  relayId: string;
  /** Undefined: it does not say; it can only be the one there is. */
  recipient: string | undefined;
  /** ISO 8601 in UTC with milliseconds. */
  at: string;
  eventId: string;
  what: What;
};

/** What a call tells: undefined for each thing that is not ours, or no feedback. */
export type Reports = (Report | undefined)[];

const LONGEST = { response: 1000, url: 2000 };

/** A provider's words on one line, as long as we keep them. */
export const words = (text: string | undefined, without = "no words were given"): string =>
  (text ?? "")
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, LONGEST.response) || without;

export const link = (url: string): string =>
  url
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, "")
    .slice(0, LONGEST.url);

/** A time of a provider's as ours; undefined when it is none, or is outside the years 1970 to 2200. */
export function timeOf(time: string | number | undefined): string | undefined {
  const date = new Date(time ?? Number.NaN);
  const isOne = date.getTime() >= 0 && date.getTime() < 7_258_118_400_000;
  return isOne ? date.toISOString() : undefined;
}

/** An id that fits a header of the log: itself, or a digest of it. */
export const eventIdOf = (id: string): string => (/^[!-~]{1,200}$/.test(id) ? id : digestOf(id));

/** The fields that are there. */
export function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present = Object.entries(fields).filter(([, value]) => (value ?? null) !== null);
  return Object.fromEntries(present) as { [K in keyof T]?: NonNullable<T[K]> };
}
