import type { WindowUnit } from "@waybill/schemas";

/** A stretch of the UTC calendar: `startsAt` is in it, `endsAt` is the start of the next one. */
export type Window = { unit: WindowUnit; name: string; startsAt: Date; endsAt: Date };

/** Characters of ISO 8601 that name a window by its start: `2026-11-21T15`, `2026-11-21`, `2026-11`. */
const PRECISION = { month: 7, day: 10, hour: 13 } as const;

/** The one window of that unit which a moment belongs to. */
export function windowOf(unit: WindowUnit, at: Date): Window {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  const day = unit === "month" ? 1 : at.getUTCDate();
  const hour = unit === "hour" ? at.getUTCHours() : 0;
  const next = { month: [1, 0, 0], day: [0, 1, 0], hour: [0, 0, 1] } as const;
  const [months, days, hours] = next[unit];
  return {
    unit,
    name: at.toISOString().slice(0, PRECISION[unit]),
    startsAt: new Date(Date.UTC(year, month, day, hour)),
    endsAt: new Date(Date.UTC(year, month + months, day + days, hour + hours)),
  };
}
