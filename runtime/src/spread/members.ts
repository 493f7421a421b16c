/** What a worker says of itself: at every tick, and when something changed. */
export type Beat = {
  /** Of the worker, new for each start; in the order in which they began. */
  id: string;
  /** Where it runs, `<host>:<pid>`. */
  at: string;
  /** Said because time passed. */
  isTick: boolean;
  /** It has just come, and wants to hear the others. */
  isNew: boolean;
  /** It goes away, and takes nothing more. */
  isLeaving: boolean;
  /** Parts it works on, or is about to let go of. */
  holds: readonly number[];
};

/** Own ticks without a word of a worker, after which it is taken for dead. */
const MISSED = 4;

/**
 * Who works, as far as one worker has heard. Silence is measured in ticks of our own that came back to
 * us: while we are cut off, or stand still, nobody else is taken for dead.
 */
export class Members {
  readonly #self: string;
  readonly #others = new Map<string, { beat: Beat; heard: number }>();
  #ticks = 0;

  constructor(self: string) {
    this.#self = self;
  }

  /** Our own ticks that came back. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Takes what somebody said, us included. */
  hear(beat: Beat): void {
    if (beat.id === this.#self) return beat.isTick ? this.#tick() : undefined;
    if (beat.isLeaving && beat.holds.length === 0) this.#others.delete(beat.id);
    else this.#others.set(beat.id, { beat, heard: this.#ticks });
  }

  /** The workers that parts are given to, without us. */
  staying(): string[] {
    return this.#beats()
      .filter(({ isLeaving }) => !isLeaving)
      .map(({ id }) => id);
  }

  /** Parts that others say they hold. */
  held(): Set<number> {
    return new Set(this.#beats().flatMap(({ holds }) => holds));
  }

  #beats(): Beat[] {
    return [...this.#others.values()].map(({ beat }) => beat);
  }

  #tick(): void {
    this.#ticks += 1;
    for (const [id, { heard }] of this.#others)
      if (this.#ticks - heard >= MISSED) this.#others.delete(id);
  }
}
