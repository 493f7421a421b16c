import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  followDirectory,
  followRefusals,
  makeHookCalls,
  makeCounters,
  makeSeats,
  makeLastUses,
  makeLog,
  makeVault,
  makeLoginCounts,
  makeSessionStore,
  type Nats,
  openBodies,
  putEntity,
  readConfig,
  type StageContext,
} from "@waybill/runtime";
import { makeOutbound } from "@waybill/runtime/outbound";
import { type ApiKey, type Entity, PLATFORM, type Tenant } from "@waybill/schemas";
import { apiUrl, openPool } from "@waybill/runtime/postgres";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { buildApp } from "../app.ts";
import type { App, Deps } from "../deps.ts";
import { secrets, silent, startTestEngines, type TestEngines } from "./engines.ts";

const LANES = 4;

/** The API key of a test tenant. */
export const keyOf = (tenant: string): string => `wb_live_${tenant}key_a-secret_of-${tenant}`;

/** Two tenants, `a` and `b`, and the platform's, each with a key. */
async function twoTenants(nats: Nats): Promise<void> {
  for (const tenant of ["a", "b", PLATFORM]) {
    await put(nats, tenant, tenantOf(tenant));
    await putKey(nats, tenant, `${tenant}key`, keyOf(tenant));
  }
}

const tenantOf = (id: string): Tenant => ({
  kind: "tenant",
  id,
  name: id,
  concurrency: 20,
  retryLadder: [30],
  onAmbiguous: "retry",
});

/** Keeps an entity of a tenant; resolves with its sequence in CONTROL. */
export const put = (nats: Nats, tenant: string, entity: Entity): Promise<number> =>
  putEntity(nats, {
    tenant,
    kind: entity.kind,
    id: entity.id,
    time: new Date().toISOString(),
    actor: "test",
    reason: "test",
    entity,
  });

/** Gives a tenant a key. */
export async function putKey(
  nats: Nats,
  tenant: string,
  id: string,
  key: string,
  access: Partial<ApiKey> = {},
): Promise<number> {
  return put(nats, tenant, { kind: "apikey", id, name: id, hash: secrets.hash(key), ...access });
}

/** The API on real engines, with two tenants, the platform and nothing else. */
export type World = AsyncDisposable & {
  engines: TestEngines;
  deps: Deps;
  app: App;
  /** Asks as a tenant. */
  as(tenant: string, request: InjectOptions): Promise<LightMyRequestResponse>;
  get(tenant: string, url: string): Promise<LightMyRequestResponse>;
};

type WorldOptions = Partial<Pick<Deps, "now" | "lookUpTxt" | "fetchText">> & {
  /** Blocks of addresses that may be connected to although they are not public. */
  allow?: string[];
  /** The addresses of names. */
  lookup?: (name: string) => Promise<string[]>;
};

export async function startWorld({
  now = () => new Date(),
  lookUpTxt = async () => [],
  fetchText = (url) => Promise.reject(new Error(`nothing is at ${url}`)),
  allow = [],
  lookup = (name) => Promise.reject(new Error(`ENOTFOUND ${name}`)),
}: WorldOptions = {}): Promise<World> {
  const engines = await startTestEngines();
  const { nats, postgres } = engines;
  const pool = await openPool(apiUrl(postgres.url, secrets), { log: silent });
  const data = mkdtempSync(join(tmpdir(), "waybill-api-"));
  const config = readConfig({ WAYBILL_DATA: data, WAYBILL_LANES: String(LANES) });
  const parts = {
    nats,
    events: makeLog(nats, LANES),
    bodies: openBodies({ config, nats, log: silent }),
    counters: makeCounters(nats),
    seats: makeSeats(nats, silent),
    uses: makeLastUses(nats, silent),
  };
  await twoTenants(nats);
  const directory = await followDirectory(nats);
  const vault = makeVault(nats, directory, secrets);
  const outbound = makeOutbound({ allow, lookup, log: silent });
  const given = { config, log: silent, secrets, vault, directory, pool, outbound };
  const people = { sessions: makeSessionStore(nats), logins: makeLoginCounts(nats) };
  const hooks = { hookCalls: makeHookCalls(nats), fetchText };
  const deps = {
    ...parts,
    ...given,
    ...people,
    ...hooks,
    refusing: followRefusals(nats),
    now,
    lookUpTxt,
    stall: 2000,
  };
  const app = await buildApp(deps);
  const as = (tenant: string, request: InjectOptions) =>
    app.inject({
      ...request,
      headers: { authorization: `Bearer ${keyOf(tenant)}`, ...request.headers },
    });
  const close = async () => {
    await app.close();
    await directory.stop();
    await pool.end();
    await engines[Symbol.asyncDispose]();
    rmSync(data, { recursive: true });
  };
  const get = (tenant: string, url: string) => as(tenant, { method: "GET", url });
  return { engines, deps, app, as, get, [Symbol.asyncDispose]: close };
}

/** The context in which the stage starts in the place of that app, on a free port. */
export function contextOf({ deps, engines }: World): StageContext {
  const { log, nats, events, bodies, directory, counters, seats, uses, vault, outbound } = deps;
  const config = { ...deps.config, WAYBILL_HOST: "127.0.0.1", WAYBILL_API_PORT: 0 };
  return {
    config,
    log,
    nats,
    events,
    bodies,
    directory,
    counters,
    seats,
    uses,
    secrets,
    vault,
    outbound,
    databaseUrl: engines.postgres.url,
  };
}
