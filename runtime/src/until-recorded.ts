import { ControlConflict } from "./control.ts";
import type { Logger } from "./logger.ts";

/** Milliseconds between two tries to record what has happened already. */
const RECORD_AGAIN = 500;

/**
 * What has happened outside must be recorded, however long the log is away: giving up would send
 * the mail again. @throws ControlConflict when another process said something first
 */
export async function untilRecorded<T>(log: Logger, record: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await record();
    } catch (error) {
      if (error instanceof ControlConflict) throw error;
      log.warn({ err: error }, "outcome not recorded yet");
      await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN));
    }
  }
}
