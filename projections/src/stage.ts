import { type Stage } from "@waybill/runtime";
import { apiPassword, openPool, runProjection } from "@waybill/runtime/postgres";
import { migrate } from "./schema/migrate.ts";
import { CHECKPOINT, makeViews, SOURCE } from "./views.ts";

/** Keeps the views in step with the log. Resolves when the schema is up to date. */
export const stage: Stage = async ({ databaseUrl, nats, log, secrets }) => {
  const pool = await openPool(databaseUrl, { max: 2, schema: "views", log });
  try {
    await migrate(pool, "views", apiPassword(secrets));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const projection = runProjection({
    nats,
    pool,
    name: CHECKPOINT,
    ...SOURCE,
    ...makeViews(log),
    log,
  });
  const drain = async () => {
    await projection.stop();
    await pool.end();
  };
  return { drain };
};
