import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { timersOf } from "../wake.ts";

/** What a timer puts into the log, and where. */
export type Timer = { subject: string; target: string; payload: string };

const ALL = "timer.>";

type Headers = { get(name: string): string } | undefined;

function lineOf(subject: string, headers: Headers, payload: string): Uint8Array {
  const target = headers?.get("Nats-Schedule-Target") ?? "";
  const timer: Timer = { subject, target, payload };
  return Buffer.from(`${JSON.stringify(timer)}\n`);
}

/** The timers of a log at work. */
export type Timers = {
  /** Last sequence of the log when it began. */
  through: number;
  /** A line each: those that are set, then those that are set until the end. */
  lines: AsyncIterable<Uint8Array>;
  /** Ends the lines. @throws StartError when some may be missing */
  end: () => Promise<void>;
};

/**
 * Tells the timers of a log while a snapshot of MAIL is taken. One that fires meanwhile may leave nothing
 * in it: the server has packed the end of the log already when it removes the timer from the part that it
 * has not packed yet, and what fired comes after the end. So those are read that were set before, and
 * those heard of that are set meanwhile.
 */
export async function watchTimers(nats: Nats): Promise<Timers> {
  const { nc, jsm } = nats;
  const set = nc.subscribe(ALL);
  await nc.flush();
  const connection = nc.info?.client_id;
  const { state } = await untilLed(() => jsm.streams.info(STREAMS.mail));
  const lines = async function* () {
    for await (const one of timersOf(nats, ALL, untilLed))
      yield lineOf(one.subject, one.header, one.string());
    for await (const one of set) yield lineOf(one.subject, one.headers, one.string());
  };
  const end = async () => {
    await set.drain();
    if (nc.info?.client_id !== connection) throw incomplete();
  };
  return { through: state.last_seq, lines: lines(), end };
}

const incomplete = (): StartError =>
  new StartError(
    "the connection was lost while the timers were listened to",
    "take the backup again",
  );
