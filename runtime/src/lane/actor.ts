import type { Held } from "./held.ts";
import type { Slots } from "./slots.ts";

/**
 * A tenant's actor: a mailbox, and at most `concurrency` of its messages in delivery at once. Two
 * work items of one message are never in delivery together; the second waits and becomes suspect.
 */
export class Actor {
  readonly #run: (held: Held) => Promise<void>;
  readonly #concurrency: () => number;
  readonly #slots: Slots;
  readonly #queue: Held[] = [];
  readonly #busy = new Map<string, Held[]>();
  #running = 0;
  #closed = false;

  constructor(options: {
    run: (held: Held) => Promise<void>;
    concurrency: () => number;
    slots: Slots;
  }) {
    this.#run = options.run;
    this.#concurrency = options.concurrency;
    this.#slots = options.slots;
  }

  /** Work items that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  get idle(): boolean {
    return this.#running === 0 && this.#queue.length === 0;
  }

  put(held: Held): void {
    this.#queue.push(held);
    this.pump();
  }

  /** Starts what may be started now. */
  pump(): void {
    while (!this.#closed && this.#queue.length > 0 && this.#running < this.#concurrency()) {
      if (!this.#slots.take(this, this.#running)) return;
      this.#running += 1;
      void this.#start(this.#queue.shift());
    }
  }

  /** Starts nothing more; returns what was still waiting. */
  close(): Held[] {
    this.#closed = true;
    return this.#queue.splice(0);
  }

  async #start(held: Held | undefined): Promise<void> {
    if (held !== undefined && !this.#park(held)) {
      await this.#run(held);
      this.#unpark(held.work.messageId);
    }
    this.#running -= 1;
    this.#slots.release();
    this.pump();
  }

  #park(held: Held): boolean {
    const id = held.work.messageId;
    const parked = this.#busy.get(id);
    if (parked === undefined) this.#busy.set(id, []);
    else parked.push(held);
    return parked !== undefined;
  }

  #unpark(id: string): void {
    const parked = this.#busy.get(id) ?? [];
    this.#busy.delete(id);
    for (const held of parked) held.suspect = true;
    this.#queue.unshift(...parked);
  }
}
