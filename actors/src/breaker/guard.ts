import { ControlConflict } from "@waybill/runtime";
import type { Breaker } from "@waybill/schemas";
import { entityOf, stateOf, type Scope } from "./entity.ts";
import {
  CLOSED,
  hear,
  letThrough,
  lets,
  PROBE_PATIENCE,
  stepOf,
  type Moment,
  type State,
} from "./machine.ts";
import type { Signal } from "./signal.ts";

/** Keeps a state as a fact that follows the one of that sequence; resolves with its own. @throws ControlConflict | LogUnavailable */
export type Keep = (scope: Scope, entity: Breaker | null, after: number) => Promise<number>;

/** Tries for as long as the log is away. @throws ControlConflict */
type Surely = (keep: () => Promise<number>) => Promise<number>;

const AT_ONCE: Surely = (keep) => keep();

/** What the log holds of a breaker. */
export type Told = { entity: Breaker | null; seq: number };

type Options = {
  scope: Scope;
  keep: Keep;
  surely: Surely;
  /** What the log is known to hold by now. */
  told: () => Told;
  /** Sequence of the provider's last fact. */
  settings: () => number;
};

/**
 * One breaker, as this process knows it: what it said itself counts at once, and what others said as
 * soon as it is read. Of two who let a probe through after the same fact, the log takes one.
 */
export class Guard {
  readonly scope: Scope;
  readonly #options: Options;
  #state: State = CLOSED;
  #settings = 0;
  #seq = 0;
  #writing = 0;
  #written: Promise<unknown> = Promise.resolve();
  #own: string | undefined;
  #probes = 0;
  /** The pause for which the mail that ends it has been named, and when that was. */
  #pause = { until: 0, from: 0 };

  constructor(options: Options) {
    this.scope = options.scope;
    this.#options = options;
    this.catchUp();
  }

  get isClosed(): boolean {
    return this.#state.state === "closed";
  }

  /** Nothing is known that the log does not tell. */
  get isForgettable(): boolean {
    const { seq } = this.#options.told();
    const isQuiet = this.#state.state === "closed" && this.#state.failures === 0;
    return isQuiet && this.#writing === 0 && seq >= this.#seq;
  }

  /** Takes in what others said meanwhile. */
  catchUp(): void {
    const { entity, seq } = this.#options.told();
    if (this.#writing > 0 || seq <= this.#seq) return;
    this.#seq = seq;
    this.#state = stateOf(entity);
    this.#settings = entity?.settings ?? 0;
    this.#own = undefined;
  }

  lets(at: Moment): boolean {
    return lets(this.#state, at, this.#settings !== this.#options.settings());
  }

  /**
   * Lets a mail through that may go; resolves with its token when it is the probe, with nothing when
   * it is one of many, and with false when another process let one through. @throws LogUnavailable
   */
  async letThrough(at: Moment): Promise<string | undefined | false> {
    if (this.isClosed) return undefined;
    const before = this.#state;
    const token = `${(this.#probes += 1)}`;
    this.#own = token;
    this.#state = letThrough(before, at, token);
    try {
      await this.#keep(this.#state, this.#settings, AT_ONCE);
      return token;
    } catch (error) {
      if (this.#own === token) [this.#own, this.#state] = [undefined, before];
      this.catchUp();
      if (error instanceof ControlConflict) return false;
      throw error;
    }
  }

  /**
   * Hears what became of a mail; resolves once what follows from that is kept.
   * @param settings sequence of the provider's last fact when the mail was let through
   */
  async hear(signal: Signal, at: Moment, settings: number, token?: string): Promise<void> {
    const before = this.#state;
    this.#state = hear(before, signal, at, token);
    if (token !== undefined && token === this.#own) this.#own = undefined;
    if (this.#state.state === before.state) return;
    this.#settings = settings;
    await this.#keep(this.#state, settings, this.#options.surely).catch((error: unknown) => {
      if (!(error instanceof ControlConflict)) throw error;
    });
    this.catchUp();
  }

  /**
   * When a mail that may not go now is to ask again: the first at the end of the pause; the others within a
   * step behind it, in the order and at the distances in which they came, so that their bodies are
   * read in the order in which they are kept (ADR 0007).
   */
  againAt({ now, ladder }: Moment): number {
    if (this.#state.state === "closed") return now;
    const { state, until, opens } = this.#state;
    const step = stepOf(opens, ladder);
    if (state === "half_open" || now >= until) return now + Math.min(step, PROBE_PATIENCE);
    if (this.#pause.until !== until) {
      this.#pause = { until, from: now };
      return until;
    }
    const { from } = this.#pause;
    return until + (step * Math.max(0, now - from)) / (until - from);
  }

  /** One fact after the other. */
  #keep(state: State, settings: number, how: Surely): Promise<void> {
    const entity = entityOf(this.scope, state, settings);
    this.#writing += 1;
    const write = async () => {
      try {
        this.#seq = await how(() => this.#options.keep(this.scope, entity, this.#seq));
      } finally {
        this.#writing -= 1;
      }
    };
    const written = this.#written.then(write, write);
    this.#written = written.catch(() => undefined);
    return written;
  }
}
