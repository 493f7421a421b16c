import { Directory, makeBodyStore, makeLog, type StageContext } from "@waybill/runtime";
import { apiUrl, openPool } from "@waybill/runtime/postgres";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { buildApp } from "../app.ts";
import type { App, Deps } from "../deps.ts";
import { secrets, silent, startTestEngines, type TestEngines } from "./engines.ts";

const LANES = 4;

/** The API key of a test tenant. */
export const keyOf = (tenant: string): string => `wb_live_${tenant}key_a-secret_of-${tenant}`;

/** Two tenants, `a` and `b`, each with a key. */
function twoTenants(): Directory {
  const directory = new Directory();
  for (const tenant of ["a", "b"]) {
    const id = `${tenant}key`;
    const entity = { kind: "apikey", id, name: id, hash: secrets.hash(keyOf(tenant)) } as const;
    const time = new Date().toISOString();
    directory.apply({ tenant, kind: "apikey", id, time, actor: "test", reason: "test", entity });
  }
  return directory;
}

/** The API on real engines, with two tenants and nothing else. */
export type World = AsyncDisposable & {
  engines: TestEngines;
  deps: Deps;
  app: App;
  /** Asks as a tenant. */
  as(tenant: string, request: InjectOptions): Promise<LightMyRequestResponse>;
  get(tenant: string, url: string): Promise<LightMyRequestResponse>;
};

export async function startWorld({
  now = () => new Date(),
}: { now?: () => Date } = {}): Promise<World> {
  const engines = await startTestEngines();
  const { nats, postgres } = engines;
  const pool = await openPool(apiUrl(postgres.url, secrets), { log: silent });
  const parts = { nats, events: makeLog(nats, LANES), bodies: makeBodyStore(nats, LANES) };
  const given = { log: silent, secrets, directory: twoTenants(), pool };
  const deps = { ...parts, ...given, now, stall: 2000 };
  const app = await buildApp(deps);
  const as = (tenant: string, request: InjectOptions) =>
    app.inject({
      ...request,
      headers: { authorization: `Bearer ${keyOf(tenant)}`, ...request.headers },
    });
  const close = async () => {
    await app.close();
    await pool.end();
    await engines[Symbol.asyncDispose]();
  };
  const get = (tenant: string, url: string) => as(tenant, { method: "GET", url });
  return { engines, deps, app, as, get, [Symbol.asyncDispose]: close };
}

/** The context in which the stage starts in the place of that app, on a free port. */
export function contextOf({ deps, engines }: World): StageContext {
  const { log, nats, events, bodies, directory } = deps;
  const config = { WAYBILL_HOST: "127.0.0.1", WAYBILL_API_PORT: 0 } as StageContext["config"];
  return {
    config,
    log,
    nats,
    events,
    bodies,
    directory,
    secrets,
    databaseUrl: engines.postgres.url,
  };
}
