import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** The time as the server of the log has it, which fires the timers. */
export type LogClock = {
  /** Milliseconds since 1970, whole. */
  now: () => number;
  stop: () => void;
};

/** Milliseconds between two questions, and after which an answer says nothing. */
const [ASK_EVERY, TOO_LATE] = [10_000, 1000];

/** Milliseconds before the first question is asked again. */
const ASK_AGAIN = 500;

/** Milliseconds by which the server's clock may differ from ours of it before ours is set. */
const TOLERANCE = 250;

async function askServer({ nc }: Nats): Promise<number> {
  const subject = `$JS.API.STREAM.INFO.${STREAMS.mail}`;
  const answer = await nc.request(subject, "", { timeout: TOO_LATE });
  const at = Date.parse(answer.json<{ ts?: string }>().ts ?? "");
  if (Number.isNaN(at)) throw new Error("the log's server does not tell the time");
  return at;
}

/**
 * Follows the time of the log's server. Between two answers it goes by a clock that nobody sets: a retry
 * comes when it shall, whatever is done to the clock of this machine, and an attempt lasts as long as it
 * does. Resolves with the first answer.
 */
export async function followLogClock(nats: Nats, log: Pick<Logger, "warn">): Promise<LogClock> {
  let offset = Date.now() - performance.now();
  const ask = async (): Promise<boolean> => {
    try {
      const asked = performance.now();
      const difference = (await askServer(nats)) - performance.now() - offset;
      // Whoever stood still meanwhile has an old answer.
      const isOld = performance.now() - asked > TOO_LATE;
      if (!isOld && Math.abs(difference) > TOLERANCE) offset += difference;
      return !isOld;
    } catch (error) {
      log.warn({ err: error }, "the log's server was not asked for the time");
      return false;
    }
  };
  while (!(await ask())) await sleep(ASK_AGAIN);
  const timer = setInterval(() => void ask(), ASK_EVERY).unref();
  return {
    now: () => Math.round(performance.now() + offset),
    stop: () => clearInterval(timer),
  };
}
