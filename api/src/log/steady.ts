import { LogUnavailable } from "@waybill/runtime";
import { within } from "./within.ts";

/**
 * Passes on what a replay yields. A replay waits for a lost connection to come back, however long
 * that takes; its reader does not: after so many milliseconds of silence the log counts as away.
 * @throws LogUnavailable
 */
export async function* steady<T>(source: AsyncGenerator<T>, silence: number): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = await within(silence, source.next()).catch((cause: unknown) => {
        throw new LogUnavailable(cause);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: the source may be waiting still, and ends once it stops.
    source.return(undefined).catch(() => undefined);
  }
}
