import type { StreamConfig, StreamState } from "@nats-io/jetstream";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { untilLed } from "../until-led.ts";
import { beginInJetStream, requestJetStream } from "./request.ts";

/** Milliseconds the server may take to make a stream of what it was sent. */
const UNPACKING = 15 * 60_000;

const NOTHING = new Uint8Array(0);

/**
 * Makes a stream of its snapshot (`$JS.API.STREAM.RESTORE`): the chunks one after the other, each when
 * the server has the one before, then nothing, which it answers when the stream is there.
 * @param config as it was; the embedded server keeps one replica, whatever that says
 * @returns its state. @throws StartError
 */
export async function restoreStream(
  nats: Nats,
  config: StreamConfig,
  chunks: AsyncIterable<Uint8Array>,
): Promise<StreamState> {
  const begin = `$JS.API.STREAM.RESTORE.${config.name}`;
  const { deliver_subject: to } = await beginInJetStream<{ deliver_subject: string }>(nats, begin, {
    config,
  });
  for await (const chunk of chunks) await requestJetStream(nats, to, chunk);
  const { state } = await requestJetStream<{ state: StreamState }>(nats, to, NOTHING, UNPACKING);
  await untilLed(() => nats.jsm.streams.info(config.name));
  return state;
}

/** What was in the snapshot when it began must be in the stream, but for what its age ended. @throws StartError */
export function requireReached(stream: string, { last_seq }: StreamState, wanted: number): void {
  if (last_seq < wanted)
    throw new StartError(
      `${stream} was restored up to its message ${last_seq} of ${wanted}`,
      "restore another backup, and keep this one to find out why",
    );
}
