import {
  jetstream,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import {
  connect,
  type NatsConnection,
  type ReconnectToServerHandler,
} from "@nats-io/transport-node";
import pLimit, { type LimitFunction } from "p-limit";
import { Refusals } from "./refusals.ts";
import { StartError } from "./start-error.ts";
import type { Logger } from "./logger.ts";
import { untilLed } from "./until-led.ts";

/** Milliseconds for which a cluster may be without a leader that says whether it has JetStream. */
const ELECTION = 20_000;

/** A connection to NATS that comes back by itself, for as long as the process lives. */
export type Nats = {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  /** Bounds the publishes in flight to a stream, by its name (ADR 0005). */
  inFlight(stream: string): LimitFunction;
  /** Told how publishes to streams went, for the readiness of the installation. */
  refusals: Refusals;
  close(): Promise<void>;
};

/**
 * Publishes of a process in flight to one stream. A server syncs all it has read before it
 * answers the first: with more in flight, disk and processors wait for each other in turn (ADR 0005).
 */
const IN_FLIGHT = 10;

/** Milliseconds one JetStream request may take before it is asked again. */
const REQUEST_TIMEOUT = 2000;

function credentialsOf(url: string): { servers: string[]; user?: string; pass?: string } {
  const parsed = url.split(",").map((one) => new URL(one.includes("://") ? one : `nats://${one}`));
  const first = parsed[0];
  const servers = parsed.map((one) => `${one.hostname}:${one.port || 4222}`);
  if (first === undefined || first.username === "") return { servers };
  return {
    servers,
    user: decodeURIComponent(first.username),
    pass: decodeURIComponent(first.password),
  };
}

/** Left to itself the library comes back to the server it has just left, once. */
const triedLongestAgo: ReconnectToServerHandler = (servers) =>
  servers.toSorted((one, other) => one.lastConnect - other.lastConnect)[0] ?? null;

/**
 * Connects to NATS.
 * @param url `nats://user:password@host:port`, several separated by commas.
 * @throws StartError when no server answers, or it has no JetStream.
 */
export async function connectNats(url: string, name: string, log: Logger): Promise<Nats> {
  const options = parseUrl(url);
  try {
    const nc = await connect({
      ...options,
      name,
      maxReconnectAttempts: -1,
      reconnectToServer: triedLongestAgo,
      reconnectTimeWait: 100,
      reconnectJitter: 50,
      pingInterval: 5000,
      maxPingOut: 2,
      timeout: 3000,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
    });
    void reportStatus(nc, log);
    const jsm = await managerOf(nc);
    const js = jetstream(nc, { timeout: REQUEST_TIMEOUT });
    const refusals = new Refusals(nc);
    return { nc, jsm, js, inFlight: perStream(), refusals, close: () => nc.close() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `NATS at ${options.servers.join(", ")} cannot be used: ${why}`,
      "check NATS_URL and that the server runs with JetStream; leave NATS_URL empty to embed one",
      { cause: error },
    );
  }
}

/** Its own end, too: a connection that is left open would keep a program from ending. */
async function managerOf(nc: NatsConnection): Promise<JetStreamManager> {
  const patience = nc.info?.cluster === undefined ? 0 : ELECTION;
  try {
    const open = () => jetstreamManager(nc, { timeout: REQUEST_TIMEOUT });
    return await untilLed(open, Date.now() + patience);
  } catch (error) {
    await nc.close();
    throw error;
  }
}

function perStream(): Nats["inFlight"] {
  const limits = new Map<string, LimitFunction>();
  return (stream) => {
    const limit = limits.get(stream) ?? pLimit(IN_FLIGHT);
    limits.set(stream, limit);
    return limit;
  };
}

function parseUrl(url: string): ReturnType<typeof credentialsOf> {
  try {
    return credentialsOf(url);
  } catch {
    throw new StartError("NATS_URL is not a URL", "it looks like nats://user:password@host:4222");
  }
}

async function reportStatus(nc: NatsConnection, log: Logger): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === "disconnect") log.warn("connection to NATS lost");
    if (status.type === "forceReconnect")
      log.warn("this server of NATS has no log: trying another");
    if (status.type === "reconnect") log.info("connection to NATS is back");
  }
}
