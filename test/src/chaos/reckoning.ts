/** What the log says became of one recipient in one attempt. */
export type Fact = {
  type: "delivered" | "failed" | "ambiguous" | "deadlettered";
  address: string;
  /** Milliseconds since the epoch. */
  time: number;
  attempt: number;
  /** Of `deadlettered`. */
  reason?: string;
};

/** What the views say of a recipient. */
type Told = { status: string; reason?: string | null | undefined };

/** What is known at the end of a run. An address is that of one mail only. */
export type Evidence = {
  /** Addresses of mails answered with 250. */
  promised: readonly string[];
  /** Copies at the next hop, by address. */
  copies: ReadonlyMap<string, number>;
  facts: readonly Fact[];
  views: ReadonlyMap<string, Told>;
  /** Addresses that the next hop refused for good. */
  refused: ReadonlySet<string>;
  /** Attempts of a recipient, the first included. */
  attempts: number;
  /** When the actors were killed, milliseconds since the epoch. */
  kills: readonly number[];
  /** Messages that may be in delivery at once, over all tenants. */
  inFlight: number;
};

export const INVARIANTS = {
  lost: "every 250 is at the next hop, a dead letter, or still waiting",
  untrue: "the reason of a dead letter is true, and the views say what happened",
  twice: "nobody is `delivered` twice without an `ambiguous` or a kill between",
  copies: "extra copies are at most those in flight at kills, and the ambiguous ones",
} as const;

export type Invariant = keyof typeof INVARIANTS;

export type Reckoning = {
  /** Recipients of mails answered with 250: at the next hop, given up by reason, and neither yet. */
  delivered: number;
  dead: Record<string, number>;
  waiting: number;
  /** Copies beyond the first, and those of them that no ambiguous outcome speaks of. */
  extra: number;
  silent: number;
  breaches: Record<Invariant, string[]>;
};

const OPEN = new Set(["queued", "deferred"]);

/** All that is known of one address. */
class Place {
  readonly address: string;
  readonly copies: number;
  readonly told: Told;
  readonly #facts: readonly Fact[];
  readonly #evidence: Evidence;

  constructor(address: string, facts: readonly Fact[], evidence: Evidence) {
    this.address = address;
    this.copies = evidence.copies.get(address) ?? 0;
    this.told = evidence.views.get(address) ?? { status: "none" };
    this.#facts = facts;
    this.#evidence = evidence;
  }

  get isLost(): boolean {
    return this.copies === 0 && this.told.status !== "dead" && !OPEN.has(this.told.status);
  }

  /** `delivered` means a copy; `dead` means none that anybody knows of, and a reason that holds. */
  get isUntrue(): boolean {
    const { status } = this.told;
    if (status === "delivered") return this.copies === 0;
    if (status !== "dead") return !OPEN.has(status);
    const isUnknown = this.#of("ambiguous").length > 0 || this.#evidence.kills.length > 0;
    return (this.copies > 0 && !isUnknown) || !this.#hasTrueReason;
  }

  get isTwice(): boolean {
    const times = this.#of("delivered").map(({ time }) => time);
    const excuses = [...this.#of("ambiguous").map(({ time }) => time), ...this.#evidence.kills];
    return times
      .toSorted((a, b) => a - b)
      .some((time, index, all) => {
        const before = all[index - 1];
        return before !== undefined && !excuses.some((one) => one >= before && one <= time);
      });
  }

  get extra(): number {
    return Math.max(0, this.copies - 1);
  }

  /** Each ambiguous outcome may be one copy. */
  get silent(): number {
    return Math.max(0, this.extra - this.#of("ambiguous").length);
  }

  /** What was refused for good was so by the next hop; what was tried to the end was tried so often. */
  get #hasTrueReason(): boolean {
    const end = this.#of("deadlettered").at(-1);
    if (end === undefined || end.reason !== this.told.reason) return false;
    if (end.reason === "refused") return this.#evidence.refused.has(this.address);
    return end.reason === "retries_exhausted" && end.attempt >= this.#evidence.attempts;
  }

  #of(type: Fact["type"]): readonly Fact[] {
    return this.#facts.filter((one) => one.type === type);
  }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const names = (places: readonly Place[]): string[] => places.map(({ address }) => address);

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Holds what was promised at the door against the next hop, the log and the views. */
export function reckon(evidence: Evidence): Reckoning {
  const facts = Map.groupBy(evidence.facts, ({ address }) => address);
  const place = (address: string) => new Place(address, facts.get(address) ?? [], evidence);
  const promised = evidence.promised.map(place);
  // A mail without a 250 may have been kept all the same: its copies are reckoned too.
  const all = [...new Set([...evidence.promised, ...evidence.copies.keys()])].map(place);
  const silent = all.filter((one) => one.silent > 0);
  const excused = evidence.kills.length * evidence.inFlight;
  return {
    delivered: promised.filter(({ copies }) => copies > 0).length,
    dead: countBy(
      promised.filter(({ told }) => told.status === "dead").map(({ told }) => told.reason ?? ""),
    ),
    waiting: promised.filter(({ told }) => OPEN.has(told.status)).length,
    extra: sum(all.map((one) => one.extra)),
    silent: sum(silent.map((one) => one.silent)),
    breaches: {
      lost: names(promised.filter(({ isLost }) => isLost)),
      untrue: names(promised.filter(({ isUntrue }) => isUntrue)),
      twice: names(all.filter(({ isTwice }) => isTwice)),
      copies: sum(silent.map((one) => one.silent)) > excused ? names(silent) : [],
    },
  };
}
