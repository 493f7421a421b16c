import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNats, ensureStreams, makeLogger, type Nats } from "@waybill/runtime";
import { type Engine, startNatsServer, startPostgres } from "@waybill/runtime/engines";

export const silent = makeLogger("silent", "test");

/** A NATS with the streams and a Postgres, both real, both come back when killed. */
export type TestEngines = AsyncDisposable & {
  natsServer: Engine;
  postgres: Engine;
  nats: Nats;
  /** Where the log keeps what it has. */
  store: string;
};

export async function startTestEngines(): Promise<TestEngines> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-projections-"));
  const [natsServer, postgres] = await Promise.all([
    startNatsServer({ folder: join(folder, "nats"), log: silent }),
    startPostgres({ folder: join(folder, "postgres"), log: silent }),
  ]);
  const nats = await connectNats(natsServer.url, "test", silent);
  await ensureStreams(nats);
  const close = async () => {
    await nats.close();
    await Promise.all([natsServer.stop(), postgres.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  const store = join(folder, "nats", "jetstream");
  return { natsServer, postgres, nats, store, [Symbol.asyncDispose]: close };
}
