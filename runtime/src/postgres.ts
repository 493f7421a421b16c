import { Pool, type PoolClient } from "pg";
import type { Logger } from "./logger.ts";
import { clientOf, hostUrls, withLogin } from "./postgres-hosts.ts";
import type { Secrets } from "./secrets.ts";
import { StartError } from "./start-error.ts";

export type { Pool } from "pg";
/** A connection inside a transaction. Queries need not wait for each other: they are pipelined. */
export type Tx = PoolClient;

/** The role the API reads as: it owns nothing, and row-level security holds for it. */
export const API_ROLE = "waybill_api";

export type PoolOptions = {
  log: Pick<Logger, "warn">;
  /** Connections at most. */
  max?: number;
  /** Where unqualified names are looked up: `views`, unless it is said. */
  schema?: string;
  /** Milliseconds a statement may take; 0 is no limit. */
  timeout?: number;
  /** Milliseconds to wait for a server, or a role, that is not there yet. */
  patience?: number;
};

/** The password of the API's role, the same in every process that has the master key. */
export const apiPassword = (secrets: Secrets): string => secrets.derive(`postgres:${API_ROLE}`);

/** The URL of the API's role on the owner's database. */
export const apiUrl = (ownerUrl: string, secrets: Secrets): string =>
  withLogin(ownerUrl, API_ROLE, apiPassword(secrets));

/**
 * Opens a pool and sees that the server lets us in. Sessions are in UTC. A connection that breaks
 * fails its queries, never the process; the pool makes new ones, at the next server when the URL
 * names several.
 * @throws StartError naming host and port, never the password.
 */
export async function openPool(url: string, options: PoolOptions): Promise<Pool> {
  const { log, max = 10, schema = "views", timeout = 30_000, patience = 0 } = options;
  const urls = hostUrls(url);
  const host = urls.map((one) => new URL(one).host).join(",");
  const pool = new Pool({
    Client: clientOf(urls),
    max,
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    statement_timeout: timeout,
    idle_in_transaction_session_timeout: 60_000,
    query_timeout: timeout === 0 ? 0 : timeout + 5000,
    options: `-c search_path=${schema} -c timezone=UTC`,
  });
  const warn = (error: Error) => log.warn({ host, why: error.message }, "Postgres connection lost");
  pool.on("error", warn).on("connect", (client) => client.on("error", warn));
  await letIn(pool, host, urls.length, Date.now() + patience);
  return pool;
}

/** Asks every server once, and again until the deadline. */
async function letIn(pool: Pool, host: string, servers: number, deadline: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await pool.query("SELECT");
      return;
    } catch (cause) {
      if (tries >= servers && Date.now() >= deadline) {
        await pool.end();
        throw unusable(host, cause);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function unusable(host: string, cause: unknown): StartError {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  const hint = `check DATABASE_URL and that PostgreSQL runs at ${host}; leave it empty to embed one`;
  return new StartError(`PostgreSQL at ${host} cannot be used: ${why}`, hint, { cause });
}

/** Runs `work` in a transaction: all of it, or nothing when it throws. */
export async function transaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    client.release();
    return result;
  } catch (error) {
    const broken = await client.query("ROLLBACK").then(
      () => false,
      () => true,
    );
    client.release(broken);
    throw error;
  }
}

/** Runs `work` in a transaction that sees the rows of one tenant only (row-level security). */
export function withTenant<T>(
  pool: Pool,
  tenant: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  return transaction(pool, async (tx) => {
    await tx.query("SELECT set_config('waybill.tenant', $1, true)", [tenant]);
    return work(tx);
  });
}
