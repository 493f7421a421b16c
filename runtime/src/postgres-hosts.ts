import { Client, type ClientConfig } from "pg";
import { StartError } from "./start-error.ts";

/** Scheme, user with password, hosts, and the rest, as in libpq: `postgres://user:password@host1:port,host2/database`. */
const FORM = /^(postgres(?:ql)?:\/\/)(?:([^@/?#]*)@)?([^/?#]*)(.*)$/;

function partsOf(url: string) {
  const [, scheme, login = "", hosts = "", rest = ""] = FORM.exec(url) ?? [];
  if (scheme === undefined) throw notAUrl();
  return { scheme, login, hosts: hosts.split(","), rest };
}

const notAUrl = () =>
  new StartError(
    "DATABASE_URL is not a URL",
    "it looks like postgres://user:password@host:5432/database",
  );

function withPort(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.port ||= "5432";
    return parsed.href;
  } catch {
    throw notAUrl();
  }
}

/** The URL of each host that a database URL names, in their order. @throws StartError */
export function hostUrls(url: string): [string, ...string[]] {
  const { scheme, login, hosts, rest } = partsOf(url);
  const at = login === "" ? "" : `${login}@`;
  const [first = "", ...others] = hosts;
  const of = (host: string) => withPort(`${scheme}${at}${host}${rest}`);
  return [of(first), ...others.map(of)];
}

/** The same database and hosts for another login. @throws StartError */
export function withLogin(url: string, user: string, password: string): string {
  const { scheme, hosts, rest } = partsOf(url);
  const [name, secret] = [user, password].map(encodeURIComponent);
  return `${scheme}${name}:${secret}@${hosts.join(",")}${rest}`;
}

type Connected = (error: Error | null, client?: Client) => void;

/** Tells a callback what a promise comes to; what the callback throws is its own. */
async function tell(connected: Promise<Client>, callback: Connected): Promise<void> {
  const [one] = await Promise.allSettled([connected]);
  if (one.status === "fulfilled") callback(null, one.value);
  else callback(one.reason);
}

/**
 * A client for a pool that connects to the first of several servers that lets it in and can be
 * written to; the next connection begins with the server that served the last, or with the one after
 * it when that failed (as `target_session_attrs=read-write` of libpq).
 */
export function clientOf(urls: readonly string[]): new (config?: ClientConfig) => Client {
  let current = 0;
  return class extends Client {
    readonly #at: number;

    constructor(config?: ClientConfig) {
      super({ ...config, connectionString: urls[current] });
      this.#at = current;
    }

    override connect(): Promise<Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<Client> | void {
      const connected = this.#connect();
      if (callback === undefined) return connected;
      void tell(connected, callback);
      return undefined;
    }

    async #connect(): Promise<Client> {
      try {
        await super.connect();
        if (urls.length > 1) await this.#demandPrimary();
        return this;
      } catch (error) {
        if (current === this.#at) current = (current + 1) % urls.length;
        throw error;
      }
    }

    async #demandPrimary(): Promise<void> {
      const { rows } = await this.query<{ standby: boolean }>("SELECT pg_is_in_recovery() standby");
      if (rows[0]?.standby !== true) return;
      await this.end();
      throw new Error("this server of PostgreSQL is a standby");
    }
  };
}
