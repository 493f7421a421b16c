import { sealEvents, type Stage } from "@waybill/runtime";
import { apiPassword, openPool, runProjection } from "@waybill/runtime/postgres";
import { migrate } from "./schema/migrate.ts";
import { ALL_VIEWS } from "./views.ts";

/** Keeps the views in step with the log, and seals that. Resolves when the schema is up to date. */
export const stage: Stage = async ({ databaseUrl, nats, log, secrets }) => {
  const pool = await openPool(databaseUrl, { max: 1 + ALL_VIEWS.length, schema: "views", log });
  try {
    await migrate(pool, "views", apiPassword(secrets));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const projections = ALL_VIEWS.map(({ name, source, make }) =>
    runProjection({ nats, pool, name, ...source, ...make(log), log }),
  );
  const sealer = sealEvents({ nats, log });
  const drain = async () => {
    await Promise.all([sealer, ...projections].map((one) => one.stop()));
    await pool.end();
  };
  return { drain };
};
