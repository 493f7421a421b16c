import type { Socket } from "node:net";
import type { Logger } from "../logger.ts";
import { literalOf, plainHost, whyNot } from "./address.ts";
import { lookup as systemLookup, type Lookup } from "./lookup.ts";
import { openSocket, secured } from "./open-socket.ts";
import { OutboundError } from "./outbound-error.ts";

/** Where to connect to. */
export type Destination = {
  /** A name or an address, in any spelling. */
  host: string;
  port: number;
  /** TLS from the first byte. */
  tls?: { verify: boolean };
  /** Named by the operator, not by a tenant: no address is refused. */
  isExempt?: boolean;
  /** Ends the attempt, the lookup included. */
  signal: AbortSignal;
};

/** The way out for every host that a tenant can name. */
export type Outbound = {
  /**
   * Looks a name up once, judges its addresses, and connects to those that passed and no other.
   * @throws OutboundError
   */
  connect(to: Destination): Promise<Socket>;
};

type Guard = {
  /** Blocks of addresses that may be named although they are not public. */
  allow: readonly string[];
  log: Pick<Logger, "info" | "warn">;
  /** The system's, by default. */
  lookup?: Lookup;
};

/** Addresses of one name that are tried. */
const MOST_TRIED = 6;

/** What the work says, or the signal, whichever is first. */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", stop));
}

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** Throws a failure as one of a kind. */
const as = (kind: OutboundError["kind"]) => (cause: unknown) => {
  throw new OutboundError(kind, asError(cause));
};

/** The addresses that may be connected to. @throws OutboundError */
function checked(addresses: readonly string[], allow: readonly string[]): string[] {
  const reasons = addresses.map((address) => whyNot(address, allow));
  const passed = addresses.filter((_, at) => reasons[at] === undefined);
  if (addresses.length === 0) throw new OutboundError("unreachable", new Error("no address"));
  if (passed.length === 0)
    throw new OutboundError("refused", new Error(`${addresses.join(" ")} is ${reasons.join(" ")}`));
  return passed.slice(0, MOST_TRIED);
}

/** Makes the guard. */
export function makeOutbound({ allow, log, lookup = systemLookup }: Guard): Outbound {
  const find = async (plain: string, signal: AbortSignal) => {
    const literal = literalOf(plain);
    if (literal !== undefined) return [literal];
    return before(signal, lookup(plain)).catch(as("unreachable"));
  };
  const open = async ({ host, port, tls, isExempt = false, signal }: Destination) => {
    const plain = plainHost(host);
    const addresses = await find(plain, signal);
    const passed = isExempt ? addresses : checked(addresses, allow);
    const socket = await openSocket(passed, port, signal).catch(as("unreachable"));
    return tls === undefined ? socket : secured(socket, plain, tls, signal).catch(as("tls"));
  };
  const tell = ({ host, port }: Destination, error: unknown) => {
    if (!(error instanceof OutboundError)) return;
    const { kind, cause } = error;
    const level = kind === "refused" ? "warn" : "info";
    log[level]({ host, port, kind, why: asError(cause).message }, "no connection to a host");
  };
  return {
    connect: async (to) => {
      try {
        return await open(to);
      } catch (error) {
        tell(to, error);
        throw error;
      }
    },
  };
}
