import type { WorkEvent } from "@waybill/schemas";
import { Bloom } from "./bloom.ts";
import { evidenceIn, evidenceOf, nameOf } from "./evidence.ts";
import { historyOf, lastSequence, timersSet, type Whose } from "./scan.ts";
import { SharedRead } from "./shared-read.ts";

/** Milliseconds for which what was read is kept after the last question. */
const KEEP = 60_000;

type Span = { since: number; through: number };

/** Evidence of what was acted on, of all that the log held of a tenant in a span of sequences. */
type Index = Span & { evidence: Bloom };

const covers = (index: Index | undefined, { since, through }: Span): index is Index =>
  index !== undefined && index.since <= since && index.through >= through;

/**
 * Tells the work items that nobody can have acted on, up to a moment, from those that somebody may have.
 * The history behind the first of them is read once, then what came since, and of each fact some octets
 * are kept: what was done with a backlog is as long as the backlog.
 */
export class ActedOn {
  readonly #whose: Whose;
  readonly #reads = new SharedRead((spans: readonly Span[]) => this.#readFor(spans));
  #index: Index | undefined;
  /** Items that were told to be new: a second one of that name may be in a log that was restored. */
  #passed = new Bloom();
  #forget: NodeJS.Timeout | undefined;

  constructor(whose: Whose) {
    this.#whose = whose;
  }

  /** Octets of what is kept. */
  get octets(): number {
    return (this.#index?.evidence.octets ?? 0) + this.#passed.octets;
  }

  /**
   * Whether anybody may have acted, up to the sequence `through`, on the item of sequence `since`. False is
   * certain.
   */
  async mayBe(work: WorkEvent, since: number, through: number): Promise<boolean> {
    const span = { since, through };
    const index = covers(this.#index, span) ? this.#index : await this.#reads.ask(span);
    this.#keepOn();
    return evidenceOf(work).some((one) => index.evidence.mayHave(one));
  }

  /** Notes an item that is told to be new, as whoever asks acts on it; false when one of its name was noted before. */
  noteNew(work: WorkEvent): boolean {
    const name = nameOf(work);
    const isFirst = !this.#passed.mayHave(name);
    if (isFirst) this.#passed.add(name);
    return isFirst;
  }

  async #readFor(spans: readonly Span[]): Promise<Index> {
    const since = Math.min(...spans.map((one) => one.since));
    const through = Math.max(...spans.map((one) => one.through));
    if ((this.#index?.since ?? 0) > since) this.#index = undefined;
    this.#index ??= { since, through: since, evidence: new Bloom() };
    // Twice: a timer that is set anew while the timers are read is among those that were set since.
    if (!covers(this.#index, { since, through }))
      this.#index = await this.#extend(await this.#extend(this.#index));
    return this.#index;
  }

  /**
   * Adds what came since. Timers first: what fires while they are read is in the history behind them.
   * Of a log that was restored an item's next timer may be in front of it.
   */
  async #extend({ since, through: from, evidence }: Index): Promise<Index> {
    const add = (text: string) => evidence.add(text);
    const through = await lastSequence(this.#whose);
    const timers = timersSet(this.#whose, from === since ? 0 : from);
    for await (const timer of timers) evidenceIn(timer).forEach(add);
    const end = await lastSequence(this.#whose);
    for await (const known of historyOf(this.#whose, from, end)) evidenceIn(known).forEach(add);
    return { since, through, evidence };
  }

  #keepOn(): void {
    this.#forget ??= setTimeout(() => this.#drop(), KEEP).unref();
    this.#forget.refresh();
  }

  #drop(): void {
    this.#index = undefined;
    this.#passed = new Bloom();
  }
}
