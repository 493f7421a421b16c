import { setTimeout as sleep } from "node:timers/promises";

const [FIRST_DELAY, LAST_DELAY] = [50, 5000];

/** Milliseconds; ends early when the signal says so. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

/**
 * Runs work that ends only by failing, or because the signal says so: again after every failure, with
 * pauses that grow until the work says that it has got on.
 */
export async function keepTrying(
  work: (gotOn: () => void) => Promise<void>,
  signal: AbortSignal,
  failed: (why: string) => void,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await work(() => (failures = 0));
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
    await pause(Math.min(FIRST_DELAY * 2 ** failures++, LAST_DELAY), signal);
  }
}
