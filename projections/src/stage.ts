import {
  keptOutside,
  type Logger,
  type Part,
  sealEvents,
  spread,
  type Stage,
  STREAMS,
} from "@waybill/runtime";
import { apiPassword, openPool, runProjection } from "@waybill/runtime/postgres";
import { cautiousNow } from "./retention/clock.ts";
import { sweepHourly } from "./retention/run.ts";
import { sweep } from "./retention/sweep.ts";
import { partDaysOf } from "./parts/bounds.ts";
import { dropLeftovers } from "./schema/leftovers.ts";
import { migrate } from "./schema/migrate.ts";
import { ALL_VIEWS } from "./views.ts";

const DAY = 86_400_000;

/** Keeps the views in step with the log, seals that, and removes what is past its age. Resolves when the schema is up to date. */
export const stage: Stage = async ({ databaseUrl, nats, log, secrets, directory, config }) => {
  await makeViews(databaseUrl, apiPassword(secrets), log);
  const pool = await openPool(databaseUrl, { max: 2 + ALL_VIEWS.length, schema: "views", log });
  const outside = keptOutside(config, nats);
  const partDays = partDaysOf(config.WAYBILL_EVENTS_DAYS);
  const sealer = sealEvents({ nats, log });
  // Of several processes one writes a view, and the next goes on with it. The fence is the checkpoint.
  const take = async (part: number): Promise<Part> => {
    const running = ALL_VIEWS.slice(part, part + 1).map(({ name, source, batchSize, make }) => {
      const sealed = source.stream === STREAMS.mail ? { written: sealer.offer } : {};
      const made = make({ log, nats, partDays, outside });
      const told = { ...source, ...made, ...sealed };
      return runProjection({ nats, pool, name, ...told, ...(batchSize && { batchSize }), log });
    });
    return { letGo: async () => void (await Promise.all(running.map((one) => one.stop()))) };
  };
  const writing = await spread({ nats, log, name: "views", count: ALL_VIEWS.length, take });
  const ages = {
    events: config.WAYBILL_EVENTS_DAYS * DAY,
    bodies: config.WAYBILL_BODIES_DAYS * DAY,
  };
  const sealed = () => sealer.sealed();
  const swept = { nats, pool, directory, ages, sealed, outside };
  const sweeper = sweepHourly(
    async (signal) => sweep({ ...swept, now: await cautiousNow(pool, nats, Date.now), signal }),
    log,
  );
  const drain = async () => {
    await Promise.all([sweeper.stop(), sealer.stop(), writing.leave()]);
    await pool.end();
  };
  return { drain };
};

/** Brings the schema up to date, however long that takes: an index may be made of many rows. Views of a rebuild that was killed go. */
async function makeViews(databaseUrl: string, password: string, log: Logger): Promise<void> {
  const pool = await openPool(databaseUrl, { max: 1, schema: "views", timeout: 0, log });
  try {
    await migrate(pool, "views", password);
    await dropLeftovers(pool);
  } finally {
    await pool.end();
  }
}
