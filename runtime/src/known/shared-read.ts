/**
 * Reads one after the other, each for all who asked while the one before was under way: whoever asks
 * is answered by a read that began after the question.
 */
export class SharedRead<Question, Answer> {
  readonly #read: (questions: readonly Question[]) => Promise<Answer>;
  #asked: Question[] = [];
  #reading: Promise<unknown> = Promise.resolve();
  #next: Promise<Answer> | undefined;

  constructor(read: (questions: readonly Question[]) => Promise<Answer>) {
    this.#read = read;
  }

  /** Resolves, or rejects, as the read does. */
  ask(question: Question): Promise<Answer> {
    this.#asked.push(question);
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<Answer> {
    await this.#reading;
    const asked = this.#asked;
    [this.#asked, this.#next] = [[], undefined];
    const answer = this.#read(asked);
    this.#reading = answer.catch(() => undefined);
    return answer;
  }
}
