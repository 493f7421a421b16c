/** A source of which the next item can be looked at before it is taken. */
export class Cursor<T> {
  readonly #source: AsyncIterator<T> | Iterator<T>;
  #next: Promise<T | undefined> | undefined;

  constructor(source: AsyncIterable<T> | Iterable<T>) {
    this.#source =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** The next item; undefined at the end. */
  peek(): Promise<T | undefined> {
    this.#next ??= this.#read();
    return this.#next;
  }

  /** Goes on to the item after it. */
  take(): void {
    this.#next = undefined;
  }

  /** Ends the source. */
  async end(): Promise<void> {
    await this.#source.return?.();
  }

  async #read(): Promise<T | undefined> {
    const result = await this.#source.next();
    return result.done === true ? undefined : result.value;
  }
}
