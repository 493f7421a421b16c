import type { Logger } from "@waybill/runtime";

/** Milliseconds from the start to the first sweep, and from one to the next. */
const [FIRST, HOUR] = [60_000, 3_600_000];

/** Sweeps a minute after the start and every hour; what one sweep could not do the next one does. */
export function sweepHourly(
  sweep: (signal: AbortSignal) => Promise<void>,
  log: Pick<Logger, "warn">,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const { signal } = stopped;
  let sweeping = Promise.resolve();
  const begin = () => {
    sweeping = sweeping
      .then(() => sweep(signal))
      .catch((error: unknown) =>
        log.warn({ err: error }, "what is past its age is not removed yet"),
      );
  };
  const first = setTimeout(begin, FIRST);
  const timer = setInterval(begin, HOUR);
  return {
    stop: () => {
      clearTimeout(first);
      clearInterval(timer);
      stopped.abort();
      return sweeping;
    },
  };
}
