import { firstUlidOf, timeOfUlid } from "@waybill/schemas";

const DAY = 86_400_000;

/** A span of ids whose rows share a part of each table: from `low` to before `high`. */
export type Span = { low: string; high: string };
export type Part = Span & { dropped: boolean };

/** Days whose mail shares a part: a tenth of what is kept, so that there are a dozen, whatever that is. */
export const partDaysOf = (eventsDays: number): number => Math.ceil(eventsDays / 10);

/** Where the part begins in which a moment is, in milliseconds since 1970. */
export const startOfPart = (time: number, days: number): number =>
  Math.floor(time / (days * DAY)) * days * DAY;

export const isIn = ({ low, high }: Span, id: string): boolean => low <= id && id < high;

/** The span of a new part for an id: whole days since 1970, but for what other parts hold. */
export function spanFor(id: string, parts: readonly Span[], days: number): Span {
  const start = startOfPart(timeOfUlid(id), days);
  const below = parts.map(({ high }) => high).filter((high) => high <= id);
  const above = parts.map(({ low }) => low).filter((low) => low > id);
  const [low] = [firstUlidOf(start), ...below].toSorted().slice(-1);
  const [high] = [firstUlidOf(start + days * DAY), ...above].toSorted();
  return { low: low ?? id, high: high ?? id };
}

/** What the tables of a part are called by: the date at which it begins. */
export const nameOf = ({ low }: Span): string =>
  new Date(timeOfUlid(low)).toISOString().replace(/T.*/, "").replaceAll(/\D/g, "");
