import type { Config } from "../config.ts";
import { bodiesElsewhere, keepBodies } from "./body-files.ts";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { beginFolder, type Draft } from "./folder.ts";
import { KEPT } from "./kept.ts";
import { type KeptStream, type Manifest, manifestFile } from "./manifest.ts";
import { masterKeyOf } from "./master-key.ts";
import { type Position, readPositions } from "./positions.ts";
import { keepSecrets } from "./secrets.ts";
import { takeSnapshot } from "./snapshot.ts";
import { watchTimers } from "./watch-timers.ts";

/** What was kept: messages of all streams, and octets of all files. */
export type BackedUp = {
  messages: number;
  bytes: number;
  masterKey: string;
  /** Where bodies are that are not in it. */
  bodiesIn: string[];
};

/**
 * Takes a backup of an installation, which may be at work. What had its `250` before it began is in it.
 * @param to a folder that is not there yet; it is there when all is in it
 * @throws StartError
 */
export async function backup(
  nats: Nats,
  config: Config,
  to: string,
  withSecrets: boolean,
): Promise<BackedUp> {
  const masterKey = await masterKeyOf(nats);
  const draft = await beginFolder(to);
  try {
    const { streams, bodies } = await fill(draft, nats, config, masterKey, withSecrets);
    await draft.finish();
    const sum = (field: "messages" | "bytes") => streams.reduce((all, one) => all + one[field], 0);
    const bytes = sum("bytes") + (bodies?.bytes ?? 0);
    return { messages: sum("messages"), bytes, masterKey, bodiesIn: bodiesElsewhere(config) };
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

async function fill(
  draft: Draft,
  nats: Nats,
  config: Config,
  masterKey: string,
  withSecrets: boolean,
): Promise<Pick<Manifest, "streams" | "bodies">> {
  const startedAt = new Date().toISOString();
  const secrets = withSecrets ? await keepSecrets(config, masterKey, draft) : [];
  const positions: Position[] = [];
  for (const stream of KEPT) positions.push(...(await readPositions(nats, stream)));
  const { streams, timers } = await keepStreams(draft, nats);
  const bodies = await keepBodies(config, draft);
  const natsServer = nats.nc.info?.version ?? "";
  const times = { startedAt, finishedAt: new Date().toISOString() };
  const { name, text } = manifestFile({
    ...times,
    natsServer,
    masterKey,
    streams,
    positions,
    timers,
    ...(bodies && { bodies }),
    secrets,
  });
  await draft.write(name, [Buffer.from(text)]);
  return { streams, ...(bodies && { bodies }) };
}

/** The timers are those of the log up to the end of MAIL's snapshot. */
async function keepStreams(
  draft: Draft,
  nats: Nats,
): Promise<Pick<Manifest, "streams" | "timers">> {
  const { through, lines, end } = await watchTimers(nats);
  const written = draft.write("timers.ndjson", lines);
  written.catch(() => undefined);
  const behindMail = KEPT.indexOf(STREAMS.mail) + 1;
  const streams = await keepAll(draft, nats, KEPT.slice(0, behindMail));
  await end();
  const timers = { ...(await written), through };
  streams.push(...(await keepAll(draft, nats, KEPT.slice(behindMail))));
  return { streams, timers };
}

async function keepAll(draft: Draft, nats: Nats, names: readonly string[]): Promise<KeptStream[]> {
  const kept: KeptStream[] = [];
  for (const name of names) kept.push(await keep(draft, nats, name));
  return kept;
}

/** What a stream is, once it has a leader: its last one may have died a moment ago. */
const ledInfo = ({ jsm }: Nats, stream: string) => untilLed(() => jsm.streams.info(stream));

async function keep(draft: Draft, nats: Nats, stream: string): Promise<KeptStream> {
  await ledInfo(nats, stream);
  const { config, state, chunks } = await takeSnapshot(nats, stream);
  const { messages, first_seq: firstSeq, last_seq: lastSeq } = state;
  const part = await draft.write(`${stream}.snapshot`, chunks);
  return { stream, ...part, messages, firstSeq, lastSeq, config };
}
