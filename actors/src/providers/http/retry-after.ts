/** Milliseconds; longer waits are asked again. */
const MOST = 15 * 60_000;

function waitOf(text: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at - now;
}

/**
 * The wait that a `Retry-After` field asks for (RFC 9110 10.2.3), as seconds or as a date, in
 * milliseconds, at most 15 minutes; undefined where there is none or it cannot be read.
 */
export function retryAfterMs(field: string | undefined, now = Date.now()): number | undefined {
  const wait = field === undefined ? undefined : waitOf(field.trim(), now);
  return wait === undefined ? undefined : Math.min(Math.max(wait, 0), MOST);
}
