import type { Config } from "@waybill/runtime";
import { isLoopback } from "./client-address.ts";
import { reply, type Reply } from "./replies.ts";

/** Limits of one client address unless they are set; loopback then has none. */
const DEFAULTS = { connections: 100, messages: 10_000 };

const MINUTE = 60_000;

/** Counts what clients hold and send: connections at once, and messages in each minute of the clock. */
export class ClientLimits {
  readonly #config: Config;
  readonly #connections = new Map<string, number>();
  readonly #messages = new Map<string, number>();
  #total = 0;
  #minute = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Takes a connection in, or says why not; one taken in must be given back by `leave`. */
  enter(address: string): Reply | undefined {
    const held = this.#connections.get(address) ?? 0;
    if (this.#total >= this.#config.WAYBILL_SMTP_MAX_CONNECTIONS)
      return reply("tooManyConnections");
    const set = this.#config.WAYBILL_SMTP_MAX_CONNECTIONS_PER_CLIENT;
    if (held >= limitOf(address, set, DEFAULTS.connections)) return reply("tooManyFromClient");
    this.#total += 1;
    this.#connections.set(address, held + 1);
    return undefined;
  }

  leave(address: string): void {
    const held = this.#connections.get(address) ?? 0;
    this.#total -= 1;
    if (held > 1) this.#connections.set(address, held - 1);
    else this.#connections.delete(address);
  }

  /** Counts a message that begins now (milliseconds of the epoch), or says why it may not. */
  message(address: string, now: number): Reply | undefined {
    this.#turn(Math.floor(now / MINUTE));
    const max = limitOf(
      address,
      this.#config.WAYBILL_SMTP_MAX_MESSAGES_PER_CLIENT,
      DEFAULTS.messages,
    );
    const sent = this.#messages.get(address) ?? 0;
    if (sent >= max) return reply("tooManyMessages", { max });
    this.#messages.set(address, sent + 1);
    return undefined;
  }

  #turn(minute: number): void {
    if (minute !== this.#minute) this.#messages.clear();
    this.#minute = minute;
  }
}

const limitOf = (address: string, set: number | undefined, fallback: number): number =>
  set ?? (isLoopback(address) ? Number.POSITIVE_INFINITY : fallback);
