import {
  followRefusals,
  makeHookCalls,
  makeLoginCounts,
  makeSessionStore,
  type RunningStage,
  type Stage,
  type StageContext,
  StartError,
} from "@waybill/runtime";
import { apiUrl, openPool } from "@waybill/runtime/postgres";
import type { AddressInfo } from "node:net";
import { buildApp } from "./app.ts";
import { checkOidc } from "./by-oidc.ts";
import type { App, Deps } from "./deps.ts";
import { txtLookUp } from "./dns/look-up-txt.ts";
import { finishHourly } from "./erasure/finish.ts";
import { textFetcher } from "./fetch-text.ts";

/** Milliseconds: a silent log is away; the views' role is made by the stage that writes them. */
const [STALL, PATIENCE] = [10_000, 30_000];
/** Milliseconds a statement may take. */
const STATEMENT = 10_000;
/** Milliseconds that requests in hand have to finish; a long export is resumed by its client. */
const GRACE = 10_000;
/** Milliseconds: a connection that kept alive while it was busy becomes idle in the end. */
const SWEEP = 50;

async function depsOf({ databaseUrl, ...context }: StageContext): Promise<Deps> {
  const { log, secrets } = context;
  const url = apiUrl(databaseUrl, secrets);
  const pool = await openPool(url, { log, timeout: STATEMENT, patience: PATIENCE });
  const people = {
    sessions: makeSessionStore(context.nats),
    logins: makeLoginCounts(context.nats),
  };
  const [now, lookUpTxt] = [() => new Date(), txtLookUp()];
  const hooks = {
    hookCalls: makeHookCalls(context.nats),
    fetchText: textFetcher(context.outbound),
  };
  const refusing = followRefusals(context.nats);
  return { ...context, ...people, ...hooks, refusing, pool, now, lookUpTxt, stall: STALL };
}

async function listen(app: App, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "the port is taken" : message;
    const hint = "set WAYBILL_HOST and WAYBILL_API_PORT to an address that is free here";
    throw new StartError(`the API cannot listen on ${host}:${port}: ${why}`, hint, { cause });
  }
  return (app.server.address() as AddressInfo).port;
}

async function drain(app: App, { pool }: Deps): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), SWEEP);
  const force = setTimeout(() => app.server.closeAllConnections(), GRACE);
  await app.close();
  clearInterval(idle);
  clearTimeout(force);
  await pool.end();
}

/** Starts the API; `port` is the one it listens on. @throws StartError */
export async function startApi(context: StageContext): Promise<RunningStage & { port: number }> {
  checkOidc(context.config);
  const { WAYBILL_HOST: host, WAYBILL_API_PORT: wanted } = context.config;
  const deps = await depsOf(context);
  const app = await buildApp(deps);
  try {
    const port = await listen(app, host, wanted);
    context.log.info({ host, port }, "the API listens");
    const stopFinishing = finishHourly(deps);
    const stop = () => {
      stopFinishing();
      return drain(app, deps);
    };
    return { port, drain: stop };
  } catch (error) {
    await drain(app, deps);
    throw error;
  }
}

/** The API as a stage. */
export const stage: Stage = (context) => startApi(context);
