import { retryAfterMs } from "./retry-after.ts";

/** Beyond this, a number is no count of seconds but a moment; beyond the next, one in milliseconds. */
const [SECONDS, MILLISECONDS] = [1e9, 1e11];

/**
 * The wait that `X-RateLimit-Reset` asks for, in milliseconds and at most 15 minutes. No standard says
 * what it holds: a moment as seconds or milliseconds since 1970 or as a date, or the seconds left.
 */
export function rateLimitResetMs(field: string | undefined, now = Date.now()): number | undefined {
  const text = field?.trim() ?? "";
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (number < SECONDS) return retryAfterMs(text, now);
  const moment = number < MILLISECONDS ? number * 1000 : number;
  return retryAfterMs(String(Math.max(0, moment - now) / 1000), now);
}
