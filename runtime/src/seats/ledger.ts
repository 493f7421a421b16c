/** Where processes say how many seats of one tenant each of them holds. */
export interface SeatBook {
  /** What all other processes hold, and the last change that this is as of. */
  look(): Promise<{ others: number; seq: number }>;
  /**
   * Says what this process holds; with `after`, only if nobody has said anything since.
   * @returns whether it was taken
   */
  say(held: number, after?: number): Promise<boolean>;
}

type Waiting = {
  max: number;
  resolve: (isIn: boolean) => void;
  reject: (error: unknown) => void;
};

/**
 * The seats that one process holds of one tenant. Those who wait for a seat while the book is being
 * asked are asked for together; seats that were left are given back without anybody waiting.
 */
export class Ledger {
  readonly #book: SeatBook;
  #held = 0;
  #said = 0;
  #waiting: Waiting[] = [];
  #isBusy = false;
  #work: Promise<void> = Promise.resolve();

  constructor(book: SeatBook) {
    this.#book = book;
  }

  /** Nobody holds, leaves or waits for a seat. */
  get isIdle(): boolean {
    return this.#held === 0 && this.#said === 0 && this.#waiting.length === 0 && !this.#isBusy;
  }

  /** The book says something of this process that must be said again before it is forgotten. */
  get isShared(): boolean {
    return this.#said > 0;
  }

  /** Takes a seat that nobody else is told of, because the tenant may hold any number. */
  take(): void {
    this.#held += 1;
  }

  /** Takes one of `max` seats; resolves with false when there is none. @throws what the book throws */
  enter(max: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.push({ max, resolve, reject });
    this.#begin();
    return promise;
  }

  leave(): void {
    this.#held -= 1;
    if (this.#said > 0) this.#begin();
  }

  /**
   * Says what is held, or says it again, so that it is not taken for that of a process that died.
   * @throws what the book throws
   */
  async repeat(): Promise<void> {
    if (this.#isBusy || (this.#held === 0 && this.#said === 0)) return;
    this.#isBusy = true;
    try {
      await this.#sayHeld();
    } finally {
      this.#isBusy = false;
      this.#begin();
    }
  }

  /** Resolves when the book is up to date. */
  settled(): Promise<void> {
    return this.#work;
  }

  #begin(): void {
    if (!this.#isBusy) this.#work = this.#settle();
  }

  /** Brings the book and those who wait up to date, one request at a time. */
  async #settle(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#waiting.length > 0) await this.#admit();
      while (this.#said !== this.#held && this.#said > 0) await this.#sayHeld();
    } catch (error) {
      for (const one of this.#waiting.splice(0)) one.reject(error);
    } finally {
      this.#isBusy = false;
    }
    if (this.#waiting.length > 0) await this.#settle();
  }

  async #admit(): Promise<void> {
    const { others, seq } = await this.#book.look();
    const asking = [...this.#waiting];
    const room = (max: number, at: number) => others + this.#held + at < max;
    const seated = asking.filter(({ max }, at) => room(max, at));
    const held = this.#held + seated.length;
    if (seated.length > 0 && !(await this.#book.say(held, seq))) return;
    if (seated.length > 0) this.#said = held;
    this.#held += seated.length;
    this.#waiting = this.#waiting.slice(asking.length);
    for (const one of asking) one.resolve(seated.includes(one));
  }

  async #sayHeld(): Promise<void> {
    const held = this.#held;
    await this.#book.say(held);
    this.#said = held;
  }
}
