import { STREAMS } from "@waybill/runtime";
import { isSqlError } from "./database-problem.ts";
import type { Deps } from "./deps.ts";
import { type FieldError, Problem } from "./errors.ts";
import { within } from "./log/within.ts";

/** Milliseconds a part has to answer. */
const PATIENCE = 2000;

/** The last sequence of the log of mail, and the last one its views hold. */
export type Ready = { log: number; views: number };

const lastOf = async ({ nats }: Deps) => (await nats.jsm.streams.info(STREAMS.mail)).state.last_seq;

const CHECKPOINT = "SELECT min(seq)::float8 AS seq FROM checkpoint WHERE name = 'views'";

async function projectedOf({ pool }: Deps): Promise<number | undefined> {
  const { rows } = await pool.query<{ seq: number | null }>(CHECKPOINT);
  return rows[0]?.seq ?? undefined;
}

const away = (field: string): FieldError[] => [{ field, rule: "must answer" }];
const unknown: FieldError[] = [{ field: "projection", rule: "must have begun" }];

const refused = (streams: readonly string[]): FieldError[] =>
  streams.length > 0
    ? [{ field: "log", rule: `must take what is written: ${streams.join(", ")}` }]
    : [];

/**
 * Asks NATS, Postgres and the projection's checkpoint, and knows whether the log took what was written
 * last. @throws Problem `not_ready` naming those away
 */
export async function readiness(deps: Deps): Promise<Ready> {
  const [last, projected] = await Promise.allSettled([
    within(PATIENCE, lastOf(deps)),
    within(PATIENCE, projectedOf(deps)),
  ]);
  const log = last.status === "fulfilled" ? last.value : away("nats");
  const views =
    projected.status === "fulfilled" ? (projected.value ?? unknown) : unread(projected.reason);
  const full = refused(deps.refusing());
  if (typeof log === "number" && typeof views === "number" && full.length === 0)
    return { log, views };
  const errors = [log, full, views].flatMap((part) => (typeof part === "number" ? [] : part));
  throw new Problem("not_ready", errors.map(({ field }) => field).join(", "), { errors });
}

const unread = (error: unknown) => (isSqlError(error) ? unknown : away("postgres"));
