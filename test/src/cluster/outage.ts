import { until } from "../relay/until.ts";
import type { Reply } from "../mail/reply-parser.ts";

/** What the door said during a load, and when. */
export class Door {
  readonly replies: { at: number; code: number }[] = [];

  readonly onReply = (_id: string, { code }: Reply): void =>
    void this.replies.push({ at: performance.now(), code });

  /** Resolves once it has said a code so many times more. */
  async says(code: number, times: number): Promise<void> {
    const before = this.replies.length;
    const since = () => this.replies.slice(before).filter((one) => one.code === code);
    await until(`${times} times ${code}`, () => since().length >= times);
  }

  /** Milliseconds from a moment to the first 250 after it that came behind the longest time without one. */
  outageAfter(moment: number): number {
    const yes = this.replies.filter(({ at, code }) => code === 250 && at >= moment);
    let [last, longest, end] = [moment, 0, moment];
    for (const { at } of yes) {
      if (at - last > longest) [longest, end] = [at - last, at];
      last = at;
    }
    return Math.round(end - moment);
  }

  /** Every code that was said, but 250. */
  get others(): number[] {
    return [...new Set(this.replies.map(({ code }) => code))].filter((code) => code !== 250);
  }
}
