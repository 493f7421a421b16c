import { readdirSync, readFileSync } from "node:fs";
import { StartError } from "@waybill/runtime";
import { API_ROLE, type Pool, transaction, type Tx } from "@waybill/runtime/postgres";
import { scramVerifier } from "./scram.ts";

const FILES = new URL("./", import.meta.url);
/** Any number nobody else locks: two processes that start together migrate one after the other. */
const LOCK = 7_233_182_264;
const INSUFFICIENT_PRIVILEGE = "42501";

type Migration = { version: number; sql: string };

function migrations(): Migration[] {
  const names = readdirSync(FILES).filter((name) => name.endsWith(".sql"));
  return names.toSorted().map((name) => ({
    version: Number.parseInt(name, 10),
    sql: readFileSync(new URL(name, FILES), "utf8"),
  }));
}

/**
 * Brings a schema up to date, and with a password the API's role: all of it or nothing.
 * @throws StartError when the role of DATABASE_URL may not.
 */
export async function migrate(pool: Pool, schema: string, password?: string): Promise<void> {
  try {
    await transaction(pool, async (tx) => {
      await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      if (password !== undefined) await ensureApiRole(tx, password);
      await applyMissing(tx, schema);
    });
  } catch (error) {
    throw isForbidden(error) ? notAllowed(error) : error;
  }
}

async function applyMissing(tx: Tx, schema: string): Promise<void> {
  await tx.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await tx.query(`SET LOCAL search_path = ${schema}`);
  await tx.query("CREATE TABLE IF NOT EXISTS schema_version (version int PRIMARY KEY)");
  const { rows } = await tx.query<{ version: number }>("SELECT version FROM schema_version");
  const applied = new Set(rows.map((row) => row.version));
  for (const { version, sql } of migrations().filter((one) => !applied.has(one.version))) {
    await tx.query(sql);
    await tx.query("INSERT INTO schema_version VALUES ($1)", [version]);
  }
}

/** Roles belong to the server, not to the database: one installation of Waybill per server. */
async function ensureApiRole(tx: Tx, password: string): Promise<void> {
  const { rows } = await tx.query<{ rolsuper: boolean; rolbypassrls: boolean }>(
    "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = $1",
    [API_ROLE],
  );
  if (rows.some((role) => role.rolsuper || role.rolbypassrls)) throw tooMighty();
  const verb = rows.length === 0 ? "CREATE" : "ALTER";
  await tx.query(`${verb} ROLE ${API_ROLE} LOGIN PASSWORD '${scramVerifier(password)}'`);
}

const isForbidden = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && error.code === INSUFFICIENT_PRIVILEGE;

const notAllowed = (cause: Error) =>
  new StartError(
    `the role of DATABASE_URL may not set up the views: ${cause.message}`,
    `give it CREATEROLE, and CREATE on the database; if ${API_ROLE} is another role's, drop it`,
    { cause },
  );

const tooMighty = () =>
  new StartError(
    `the role ${API_ROLE} may bypass row-level security`,
    `ALTER ROLE ${API_ROLE} NOSUPERUSER NOBYPASSRLS`,
  );
