import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";

import { StartError } from "../start-error.ts";

export interface Account {
  uid: number;
  gid: number;
}

const HINT = "create an account named postgres, or set DATABASE_URL to a PostgreSQL 18 server";

/**
 * Whom to run Postgres as, which refuses to be root: undefined means as ourselves. As root, it is
 * the owner of an existing cluster, else the account `postgres`, else `nobody`.
 * Throws StartError when there is none.
 */
export async function postgresAccount(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return requireName();
  const owner = await stat(cluster).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  const account = accountIn(passwd, "postgres") ?? accountIn(passwd, "nobody");
  if (!account) throw new StartError("Postgres does not run as root", HINT);
  return account;
}

/** The account of that name in the text of /etc/passwd, see passwd(5). */
export function accountIn(passwd: string, name: string): Account | undefined {
  const line = passwd.split("\n").find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** initdb looks up the name of the user it runs as. */
function requireName(): undefined {
  try {
    userInfo();
  } catch (cause) {
    const message = `no account has the user id ${process.getuid?.()} that Postgres would run as`;
    throw new StartError(message, HINT, { cause });
  }
}
