/** Questions that must fail one after another: at a server; at one that was just left; where no server had it lately. */
const [FAILED, AGAIN, SELDOM] = [3, 1, 20];

/** Servers that are left one after another before that is done seldom: nobody has a majority. */
const ROUND = 3;

/** How long to stay with a server that does not know who leads. */
export class Stay {
  #server: string | undefined;
  #left: string | undefined;
  #failed = 0;
  #times = 0;

  /** Whether to leave a server, after one more question. @param isGood whether somebody leads, as it said */
  judge(server: string | undefined, isGood: boolean): boolean {
    if (isGood || server !== this.#server) this.#failed = 0;
    this.#server = server;
    if (isGood) [this.#times, this.#left] = [0, undefined];
    else this.#failed += 1;
    if (this.#failed < this.#patience) return false;
    [this.#failed, this.#left] = [0, server];
    this.#times += 1;
    return true;
  }

  get #patience(): number {
    if (this.#times >= ROUND) return SELDOM;
    return this.#server === this.#left ? AGAIN : FAILED;
  }
}
