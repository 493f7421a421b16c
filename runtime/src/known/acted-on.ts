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
  /** Items that were told to be new: a second one of that name is not, as it may be after a restore. */
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
   * certain, and told once of an item: whoever asks acts on it.
   */
  async mayBe(work: WorkEvent, since: number, through: number): Promise<boolean> {
    const span = { since, through };
    const index = covers(this.#index, span) ? this.#index : await this.#reads.ask(span);
    this.#keepOn();
    const isTold = evidenceOf(work).some((one) => index.evidence.mayHave(one));
    if (isTold || this.#passed.mayHave(nameOf(work))) return true;
    this.#passed.add(nameOf(work));
    return false;
  }

  async #readFor(spans: readonly Span[]): Promise<Index> {
    const since = Math.min(...spans.map((one) => one.since));
    const through = Math.max(...spans.map((one) => one.through));
    if ((this.#index?.since ?? 0) > since) this.#index = undefined;
    this.#index ??= { since, through: since, evidence: new Bloom() };
    if (!covers(this.#index, { since, through })) this.#index = await this.#extend(this.#index);
    return this.#index;
  }

  /**
   * Adds what came since. Timers first: what fires while they are read is in the history behind them.
   * One that is set while they are read is left to the next time.
   */
  async #extend({ since, through: from, evidence }: Index): Promise<Index> {
    const add = (text: string) => evidence.add(text);
    const through = await lastSequence(this.#whose);
    for await (const timer of timersSet(this.#whose, from)) evidenceIn(timer).forEach(add);
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
