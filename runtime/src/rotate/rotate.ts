import { followDirectory } from "../follow-directory.ts";
import type { Nats } from "../nats.ts";
import { makeSecrets } from "../secrets.ts";
import { StartError } from "../start-error.ts";
import { ensureStreams, STREAMS } from "../streams.ts";
import { renewDataKeys } from "./data-keys.ts";
import type { MasterKeys } from "./keys.ts";
import { changeMasterKey } from "./master-key.ts";

/** How many entities were sealed again under the new master key, data keys made anew, and secrets sealed under those. */
export type Rotated = { resealed: number; dataKeys: number; secrets: number };

/** A stage that runs would go on with the old key. @throws StartError */
async function refuseWhileRunning({ jsm }: Nats): Promise<void> {
  for await (const { num_waiting: listening } of jsm.consumers.list(STREAMS.control))
    if (listening > 0)
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
