import { type Part, spread, type Stage } from "@waybill/runtime";
import { apiPassword, openPool, runProjection } from "@waybill/runtime/postgres";
import { migrate } from "./schema/migrate.ts";
import { ALL_VIEWS } from "./views.ts";

/** Keeps the views in step with the log. Resolves when the schema is up to date. */
export const stage: Stage = async ({ databaseUrl, nats, log, secrets }) => {
  const pool = await openPool(databaseUrl, { max: 1 + ALL_VIEWS.length, schema: "views", log });
  try {
    await migrate(pool, "views", apiPassword(secrets));
  } catch (error) {
    await pool.end();
    throw error;
  }
  // Of several processes one writes a view, and the next goes on with it. The fence is the checkpoint.
  const take = async (part: number): Promise<Part> => {
    const running = ALL_VIEWS.slice(part, part + 1).map(({ name, source, make }) =>
      runProjection({ nats, pool, name, ...source, ...make(log), log }),
    );
    return { letGo: async () => void (await Promise.all(running.map((one) => one.stop()))) };
  };
  const writing = await spread({ nats, log, name: "views", count: ALL_VIEWS.length, take });
  const drain = async () => {
    await writing.leave();
    await pool.end();
  };
  return { drain };
};
