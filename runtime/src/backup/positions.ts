import type { ConsumerConfig } from "@nats-io/jetstream";
import type { Nats } from "../nats.ts";

/** How far a durable consumer had come: all up to that sequence of its stream is acknowledged. */
export type Position = { stream: string; config: ConsumerConfig; through: number };

async function* durables({ jsm }: Nats, stream: string): AsyncGenerator<Position> {
  for await (const { config, ack_floor } of jsm.consumers.list(stream))
    if (config.durable_name !== undefined) yield { stream, config, through: ack_floor.stream_seq };
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
  await jsm.consumers.add(stream, config);
  if (through >= (config.opt_start_seq ?? 1))
    await jsm.consumers.reset(stream, config.durable_name ?? "", through + 1);
}
