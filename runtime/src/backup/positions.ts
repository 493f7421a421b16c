import { type ConsumerConfig, type ConsumerInfo, JetStreamApiError } from "@nats-io/jetstream";
import { consumerNames } from "../consumer-names.ts";
import type { Nats } from "../nats.ts";
import { untilLed } from "../until-led.ts";

/** How far a durable consumer had come: all up to that sequence of its stream is acknowledged. */
export type Position = { stream: string; config: ConsumerConfig; through: number };

/** How the client library names the consumers that a process reads with; they end with their server. */
const PASSING = /^(?:oc_)?[0-9A-Za-z]{22}_\d+$/;

const NO_SUCH_CONSUMER = 10014;

/** What a consumer is, told by its leader, which it may not have for some seconds; undefined when it has ended meanwhile. */
const infoOf = ({ jsm }: Nats, stream: string, name: string): Promise<ConsumerInfo | undefined> =>
  untilLed(() => jsm.consumers.info(stream, name)).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === NO_SUCH_CONSUMER) return undefined;
    throw error;
  });

/** Not those of a list, which leaves out whoever has no leader: a backlog that is left out is mail that is lost. */
async function* durables(nats: Nats, stream: string): AsyncGenerator<Position> {
  const names = await untilLed(() => consumerNames(nats, stream));
  for (const name of names.filter((one) => !PASSING.test(one))) {
    const info = await infoOf(nats, stream, name);
    if (info?.config.durable_name === undefined) continue;
    yield { stream, config: info.config, through: info.ack_floor.stream_seq };
  }
}

/**
 * Where the durable consumers of a stream are. To be read before the snapshot of it: what is
 * acknowledged by then has its outcome in the log, and so in the snapshot. (A snapshot that holds
 * its consumers holds them as they are at its end, with acknowledgements of what it does not hold.)
 *
 * Read twice, and the first answer counts: a lane passes over what a backlog delivers (ADR 0002), and
 * the backlog may be made after it was looked for and before the lane was.
 */
export async function readPositions(nats: Nats, stream: string): Promise<Position[]> {
  const found = new Map<string, Position>();
  for (const _ of ["first", "second"])
    for await (const position of durables(nats, stream)) {
      const name = position.config.durable_name ?? "";
      if (!found.has(name)) found.set(name, position);
    }
  return [...found.values()];
}

/** Makes a durable consumer that goes on from its position. */
export async function putPosition(
  { jsm }: Nats,
  { stream, config, through }: Position,
): Promise<void> {
  const name = config.durable_name ?? "";
  await untilLed(() => jsm.consumers.add(stream, config));
  if (through >= (config.opt_start_seq ?? 1))
    await untilLed(() => jsm.consumers.reset(stream, name, through + 1));
}
