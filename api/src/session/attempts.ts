import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { clientNetwork } from "./client-network.ts";

/** Milliseconds of a window; windows begin at multiples of it. */
const WINDOW = 15 * 60_000;
/** An address may stand for many people: it has so many times the failures of an account. */
const PEOPLE = 10;

function countsOf({ config, secrets }: Deps, email: string, ip: string) {
  const most = config.WAYBILL_LOGIN_MAX_FAILURES;
  const key = (kind: string, of: string) => `${kind}-${secrets.hash(`login:${kind}:${of}`)}`;
  return [
    { key: key("account", email), most },
    { key: key("address", clientNetwork(ip)), most: most * PEOPLE },
  ];
}

/**
 * Counts a login, for the account and for where it comes from, before its password is looked at: many
 * at once are counted like one after another. Accounts that are not there count like those that are.
 * @returns what takes it back, for when the password was right.
 * @throws Problem too_many_attempts | LogUnavailable
 */
export async function countAttempt(
  deps: Deps,
  email: string,
  ip: string,
): Promise<() => Promise<void>> {
  const at = deps.now().getTime();
  const window = Math.floor(at / WINDOW);
  const add = async (by: 1 | -1) =>
    Promise.all(
      countsOf(deps, email, ip).map(async ({ key, most }) => ({
        total: await deps.logins.add(key, window, by),
        most,
      })),
    );
  const totals = await add(1);
  if (totals.some(({ total, most }) => total > most)) throw tooMany((window + 1) * WINDOW - at);
  return async () => void (await add(-1));
}

function tooMany(wait: number): Problem {
  const seconds = `${Math.ceil(wait / 1000)}`;
  const headers = { "retry-after": seconds };
  return new Problem("too_many_attempts", `try again in ${seconds} seconds`, { headers });
}
