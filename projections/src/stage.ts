import { oldBodies, type Stage } from "@waybill/runtime";
import { apiPassword, openPool, runProjection } from "@waybill/runtime/postgres";
import { keepSweeping } from "./bodies/keep-sweeping.ts";
import { sweep } from "./bodies/sweep.ts";
import { migrate } from "./schema/migrate.ts";
import { ALL_VIEWS } from "./views.ts";

/** Keeps the views in step with the log, and by them the stores of bodies clean. Resolves when the schema is up to date. */
export const stage: Stage = async ({ config, databaseUrl, nats, log, secrets }) => {
  const pool = await openPool(databaseUrl, { max: 2 + ALL_VIEWS.length, schema: "views", log });
  try {
    await migrate(pool, "views", apiPassword(secrets));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const projections = ALL_VIEWS.map(({ name, source, make }) =>
    runProjection({ nats, pool, name, ...source, ...make(log), log }),
  );
  const old = (before: number) => oldBodies(config, before);
  const stopSweeping = keepSweeping(
    (signal) => sweep({ pool, nats, old, now: Date.now(), signal }),
    log,
  );
  const drain = async () => {
    await stopSweeping();
    await Promise.all(projections.map((one) => one.stop()));
    await pool.end();
  };
  return { drain };
};
