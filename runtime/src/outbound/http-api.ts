import { callbackify } from "node:util";
import type { Socket } from "node:net";
import type { buildConnector, Dispatcher, Pool } from "undici";
import { exchange, type Answer, type HttpRequest } from "./http-exchange.ts";
import type { Outbound } from "./outbound.ts";

/** One service's HTTP interface: connections kept alive, no redirects followed, nothing tried again. */
export type HttpApi = {
  /** Asks, and resolves with what came of it; never rejects. */
  ask(request: HttpRequest): Promise<Answer>;
  /** Finishes what was asked, then closes the connections; what is asked later opens new ones. */
  close(): void;
};

export type HttpService = {
  /** `https://api.example.com`, with a path before all others if there is one; no slash at its end. */
  baseUrl: string;
  /** Connections at once, and so requests. */
  concurrency: number;
  /** The way to hosts that are named in settings. */
  outbound: Outbound;
  /** Named by the operator, not by a tenant. */
  isExempt?: boolean;
  timeouts?: Partial<typeof TIMEOUTS>;
};

/** Milliseconds: for the connection, until the reply begins, between its parts, and for all after the connection. */
const TIMEOUTS = { connect: 10_000, headers: 30_000, body: 30_000, whole: 60_000 };

type Options = Required<Omit<HttpService, "timeouts">> & { timeouts: typeof TIMEOUTS };

/** Connects to a checked address with TLS for the name, as undici asks it. */
function connector({ outbound, isExempt, timeouts }: Options): buildConnector.connector {
  const connect = async ({ hostname, protocol, port }: buildConnector.Options): Promise<Socket> => {
    const secure = protocol === "https:";
    return outbound.connect({
      host: hostname,
      port: Number(port) || (secure ? 443 : 80),
      ...(secure ? { tls: { verify: true } } : {}),
      isExempt,
      signal: AbortSignal.timeout(timeouts.connect),
    });
  };
  return callbackify(connect) as unknown as buildConnector.connector;
}

/** The library is loaded with the first provider that needs it. */
async function openPool(options: Options): Promise<Pool> {
  const { Pool: Opened } = await import("undici");
  const { origin } = new URL(options.baseUrl);
  const { headers: headersTimeout, body: bodyTimeout } = options.timeouts;
  const connections = options.concurrency;
  const times = { headersTimeout, bodyTimeout };
  return new Opened(origin, { ...times, connections, pipelining: 1, connect: connector(options) });
}

/** Opens the interface; the first connection is made by the first request. */
export function openHttpApi(service: HttpService): HttpApi {
  const timeouts = { ...TIMEOUTS, ...service.timeouts };
  const options = { isExempt: false, ...service, timeouts };
  const { pathname } = new URL(options.baseUrl);
  const before = pathname === "/" ? "" : pathname.replace(/\/$/, "");
  let pool: Promise<Dispatcher> | undefined;
  return {
    ask: async ({ path, ...request }) => {
      pool ??= openPool(options);
      return exchange(await pool, { ...request, path: `${before}${path}` }, timeouts.whole);
    },
    close: () => {
      void pool?.then((open) => open.close());
      pool = undefined;
    },
  };
}
