import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNatsServer } from "../engines/nats-server.ts";
import { makeLogger } from "../logger.ts";
import { connectNats, type Nats } from "../nats.ts";
import { ensureStreams } from "../streams.ts";

const log = makeLogger("silent", "test");

/** A NATS server of a test's own, with the streams. */
export type LogServer = AsyncDisposable & { nats: Nats; url: string; pid(): number };

export async function startLog(): Promise<LogServer> {
  const folder = mkdtempSync(join(tmpdir(), "waybill-log-"));
  const engine = await startNatsServer({ folder, log });
  const nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  const close = async () => {
    await nats.close();
    await engine.stop();
    rmSync(folder, { recursive: true });
  };
  return { nats, url: engine.url, pid: () => engine.pid, [Symbol.asyncDispose]: close };
}
