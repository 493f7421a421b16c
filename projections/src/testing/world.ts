import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type KeptOutside, type Logger, type Nats, putEntity } from "@waybill/runtime";
import {
  type ControlFact,
  factSubject,
  isWork,
  type MailEvent,
  workSubject,
} from "@waybill/schemas";
import {
  openPool,
  type Pool,
  readCheckpoint,
  runProjection,
  type RunningProjection,
} from "@waybill/runtime/postgres";
import { migrate } from "../schema/migrate.ts";
import { ACTIVITY_VIEW, ALL_VIEWS, MAIL_VIEWS } from "../views.ts";
import { silent, startTestEngines, type TestEngines } from "./engines.ts";

export const PASSWORD = "the password of the API's role";

/** What projections are given: bodies in files and buckets, by which connection they write into the log, and where they say what went wrong. */
type Given = {
  outside?: KeptOutside;
  writing?: Nats;
  log?: Pick<Logger, "debug" | "warn" | "error">;
};

const IN_FLIGHT = 20;

/** Those of 30 days for which events are kept. */
const PART_DAYS = 3;

const subjectOf = (event: MailEvent): string =>
  isWork(event)
    ? workSubject(0, event.tenant, event.type)
    : factSubject(0, event.tenant, event.type);

/** Real engines with empty views of an empty log. */
export class World implements AsyncDisposable {
  readonly engines: TestEngines;
  readonly pool: Pool;

  constructor(engines: TestEngines, pool: Pool) {
    this.engines = engines;
    this.pool = pool;
  }

  static async start(): Promise<World> {
    const engines = await startTestEngines();
    const pool = await openPool(engines.postgres.url, { log: silent });
    await migrate(pool, "views", PASSWORD);
    return new World(engines, pool);
  }

  /** Appends events, each until it is kept, once. @returns the last sequence. */
  async append(events: readonly (MailEvent | string)[]): Promise<number> {
    let last = 0;
    for (let at = 0; at < events.length; at += IN_FLIGHT) {
      const part = events.slice(at, at + IN_FLIGHT);
      const kept = await Promise.all(part.map((event) => this.#keep(event)));
      last = Math.max(last, ...kept);
    }
    return last;
  }

  /** Appends facts of the configuration, one after another. @returns the last sequence. */
  async configure(facts: readonly ControlFact[]): Promise<number> {
    let last = 0;
    for (const fact of facts) last = await putEntity(this.engines.nats, fact);
    return last;
  }

  /** Projections of their own, as the stage runs them; what they write into the log goes by a connection that may be given. */
  project(batchSize: number, given: Given = {}): RunningProjection {
    const { pool, engines } = this;
    const { outside, writing = engines.nats, log = silent } = given;
    const running = ALL_VIEWS.map(({ name, source, batchSize: most = batchSize, make }) => {
      const made = make({ log: silent, nats: writing, partDays: PART_DAYS, outside });
      const writer = { pool, name, log, ...made };
      return runProjection({ ...writer, ...source, nats: engines.nats, batchSize: most });
    });
    return { stop: async () => void (await Promise.all(running.map((one) => one.stop()))) };
  }

  /** Resolves once the views hold the log up to a sequence. */
  readonly caughtUp = (seq: number): Promise<void> => this.#reached(MAIL_VIEWS.name, seq);

  /** Resolves once the activity holds the configuration up to a sequence. */
  readonly activityCaughtUp = (seq: number): Promise<void> =>
    this.#reached(ACTIVITY_VIEW.name, seq);

  /** Resolves once the rows are without what was erased up to a sequence. */
  readonly erasedCaughtUp = (seq: number): Promise<void> => this.#reached("erased", seq);

  /** Every row of every view, as text, in order. */
  readonly rows = async (): Promise<Record<string, string[]>> => {
    const found = ALL_VIEWS.flatMap(({ tables }) => tables).map(async (table) => {
      const sql = `SELECT to_jsonb(view)::text AS row FROM ${table} view ORDER BY 1`;
      const { rows } = await this.pool.query<{ row: string }>(sql);
      return [table, rows.map(({ row }) => row)] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end();
    await this.engines[Symbol.asyncDispose]();
  }

  async #reached(name: string, seq: number): Promise<void> {
    const checkpoint = () => readCheckpoint(this.pool, name).catch(() => 0);
    while ((await checkpoint()) < seq) await sleep(10);
  }

  async #keep(event: MailEvent | string): Promise<number> {
    const [subject, text] =
      typeof event === "string"
        ? ["mail.fact.0.acme.strange", event]
        : [subjectOf(event), JSON.stringify(event)];
    const options = { msgID: randomUUID() };
    for (;;) {
      const kept = await this.engines.nats.js
        .publish(subject, text, options)
        .catch(() => undefined);
      if (kept !== undefined) return kept.seq;
      await sleep(20);
    }
  }
}
