import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestEngines } from "./engines.ts";

/** What a server keeps, while it stands still: as a power cut at this moment would leave it. */
async function whileFrozen({ natsServer }: TestEngines, work: () => Promise<void>): Promise<void> {
  process.kill(natsServer.pid, "SIGSTOP");
  await work();
}

/**
 * Notes what the log has now. @returns what takes it back to that, or one of its streams, by a crash: the server is
 * there again within a second, at the same address, without what came in between
 */
export async function noteLog(engines: TestEngines, stream = ""): Promise<() => Promise<void>> {
  const { natsServer, store } = engines;
  const kept = stream === "" ? store : join(store, "$G", "streams", stream);
  const noted = `${store}-noted`;
  await whileFrozen(engines, () => cp(kept, noted, { recursive: true }));
  process.kill(natsServer.pid, "SIGCONT");
  return async () => {
    await whileFrozen(engines, async () => {
      await rm(kept, { recursive: true });
      await cp(noted, kept, { recursive: true });
    });
    process.kill(natsServer.pid, "SIGKILL");
  };
}
