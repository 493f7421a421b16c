/** Something that can use a free slot. */
type Waiting = { pump(): void };

/**
 * Bounds the messages in delivery over all tenants of a process. A tenant that has none in delivery
 * always gets one, so that slow neighbours cannot hold it up; those who wait are served in turn.
 */
export class Slots {
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Messages in delivery. */
  get used(): number {
    return this.#used;
  }

  /** Takes a slot, or remembers the asker and says no. */
  take(asker: Waiting, running: number): boolean {
    if (this.#used >= this.#limit && running > 0) {
      this.#waiting.add(asker);
      return false;
    }
    this.#used += 1;
    return true;
  }

  release(): void {
    this.#used -= 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next.pump();
  }
}
