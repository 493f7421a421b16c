import type { Logger } from "@waybill/runtime";
import type { Swept } from "./sweep.ts";

/** Milliseconds between two sweeps. */
const HOUR = 60 * 60 * 1000;

async function told(sweep: () => Promise<Swept>, log: Logger): Promise<void> {
  try {
    const swept = await sweep();
    if (swept.orphans + swept.expired > 0) log.info(swept, "bodies removed");
  } catch (error) {
    log.warn({ err: error }, "bodies not swept");
  }
}

/** Sweeps now and every hour, one at a time, until it is stopped; one that fails is told of, and the next begins anew. */
export function keepSweeping(
  sweep: (signal: AbortSignal) => Promise<Swept>,
  log: Logger,
): () => Promise<void> {
  const stopped = new AbortController();
  let running = Promise.resolve();
  const again = () => {
    running = running.then(() => told(() => sweep(stopped.signal), log));
  };
  again();
  const timer = setInterval(again, HOUR).unref();
  return () => {
    clearInterval(timer);
    stopped.abort();
    return running;
  };
}
