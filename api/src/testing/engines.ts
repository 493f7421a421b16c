import { connectNats, ensureStreams, makeLogger, makeSecrets, type Nats } from "@waybill/runtime";
import { API_ROLE, apiPassword, openPool, type Pool } from "@waybill/runtime/postgres";
import { type Engine, startNatsServer, startPostgres } from "@waybill/runtime/engines";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const silent = makeLogger("silent", "test");
export const secrets = makeSecrets("a master key for the tests of the API");

/** A real NATS with the streams, and a real Postgres with empty views. */
export type TestEngines = AsyncDisposable & {
  natsServer: Engine;
  postgres: Engine;
  nats: Nats;
  /** Of the views' owner: tests write the rows that projections would. */
  owner: Pool;
};

export async function startTestEngines(): Promise<TestEngines> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-api-"));
  const [natsServer, postgres] = await Promise.all([
    startNatsServer({ folder: join(folder, "nats"), log: silent }),
    startPostgres({ folder: join(folder, "postgres"), log: silent }),
  ]);
  const nats = await connectNats(natsServer.url, "test", silent);
  await ensureStreams(nats);
  const owner = await openPool(postgres.url, { log: silent });
  await makeViews(owner);
  const close = async () => {
    await Promise.all([nats.close(), owner.end()]);
    await Promise.all([natsServer.stop(), postgres.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  return { natsServer, postgres, nats, owner, [Symbol.asyncDispose]: close };
}

/** The tables' own definition, which belongs to the projections: no copy of it can go stale here. */
const SCHEMA = join(import.meta.dirname, "../../../projections/src/schema");

async function makeViews(owner: Pool): Promise<void> {
  const files = (await readdir(SCHEMA)).filter((name) => name.endsWith(".sql")).toSorted();
  await owner.query(`CREATE ROLE ${API_ROLE} LOGIN PASSWORD '${apiPassword(secrets)}'`);
  await owner.query("CREATE SCHEMA views");
  for (const file of files) await owner.query(await readFile(join(SCHEMA, file), "utf8"));
  await owner.query("SELECT make_part('all', '', '~')");
}
