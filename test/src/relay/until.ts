import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks. */
const LOOK = 50;

/**
 * Resolves with the first answer that is neither `undefined` nor `false`; the test's own timeout is
 * the limit. An error of a look counts as no answer yet and is told when the patience (milliseconds)
 * has ended.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  patience = 60_000,
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await look();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`, { cause });
    await sleep(LOOK);
  }
}
