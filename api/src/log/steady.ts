import { LogUnavailable, withinTime } from "@waybill/runtime";

/**
 * Passes on what a replay yields. A replay waits for a lost connection to come back, however long
 * that takes; its reader does not: after so many milliseconds of silence the log counts as away.
 * @throws LogUnavailable
 */
export async function* steady<T>(source: AsyncGenerator<T>, silence: number): AsyncGenerator<T> {
  try {
    yield* withinTime(source, silence);
  } catch (cause) {
    throw new LogUnavailable(cause);
  }
}
