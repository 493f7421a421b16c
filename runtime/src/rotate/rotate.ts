import { consumerNames } from "../consumer-names.ts";
import { followDirectory } from "../follow-directory.ts";
import type { Nats } from "../nats.ts";
import { makeSecrets } from "../secrets.ts";
import { StartError } from "../start-error.ts";
import { ensureStreams, STREAMS } from "../streams.ts";
import { untilLed } from "../until-led.ts";
import { renewDataKeys } from "./data-keys.ts";
import type { MasterKeys } from "./keys.ts";
import { changeMasterKey } from "./master-key.ts";

/** How many entities were sealed again under the new master key, data keys made anew, and secrets sealed under those. */
export type Rotated = { resealed: number; dataKeys: number; secrets: number };

/**
 * A stage that runs would go on with the old key. What does not answer was led by a server that died: whoever
 * listened there has begun anew elsewhere. @throws StartError
 */
async function refuseWhileRunning(nats: Nats): Promise<void> {
  const names = await untilLed(() => consumerNames(nats, STREAMS.control));
  const asked = names.map((name) => nats.jsm.consumers.info(STREAMS.control, name));
  for (const one of await Promise.allSettled(asked))
    if (one.status === "fulfilled" && one.value.num_waiting > 0)
      throw new StartError("stages of the relay run on this log", "stop all of them first");
}

/** Changes the master key of the installation on a log, and on demand its data keys. @throws StartError */
export async function rotate(
  nats: Nats,
  { from, to }: Pick<MasterKeys, "from" | "to">,
  withDataKeys: boolean,
  replicas?: number,
): Promise<Rotated> {
  await ensureStreams(nats, replicas);
  await refuseWhileRunning(nats);
  const directory = await followDirectory(nats);
  const books = { nats, directory };
  try {
    const keys = { from: makeSecrets(from), to: makeSecrets(to) };
    const resealed = await changeMasterKey(books, keys);
    const none = { dataKeys: 0, secrets: 0 };
    return { resealed, ...(withDataKeys ? await renewDataKeys(books, keys.to) : none) };
  } finally {
    await directory.stop();
  }
}
