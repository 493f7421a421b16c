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
  /** When copies came to the next hop, milliseconds since the epoch, by address. */
  copies: ReadonlyMap<string, readonly number[]>;
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

const OPEN = new Set(["queued", "deferred"]);

/** Each moment but the first with the one before it. */
function pairs(times: readonly number[]): [number, number][] {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.slice(1).map((time, at) => [sorted[at] ?? time, time]);
}

/** All that is known of one address. */
export class Place {
  readonly address: string;
  readonly copies: number;
  readonly told: Told;
  readonly #facts: readonly Fact[];
  readonly #evidence: Evidence;

  constructor(address: string, facts: readonly Fact[], evidence: Evidence) {
    this.address = address;
    this.copies = evidence.copies.get(address)?.length ?? 0;
    this.told = evidence.views.get(address) ?? { status: "none" };
    this.#facts = facts;
    this.#evidence = evidence;
  }

  get isWaiting(): boolean {
    return OPEN.has(this.told.status);
  }

  get isLost(): boolean {
    return this.copies === 0 && this.told.status !== "dead" && !this.isWaiting;
  }

  /** `delivered` means a copy; `dead` means none that anybody knows of, and a reason that holds. */
  get isUntrue(): boolean {
    const { status } = this.told;
    if (status === "delivered") return this.copies === 0;
    if (status !== "dead") return !this.isWaiting;
    const isUnknown = this.#of("ambiguous").length > 0 || this.#evidence.kills.length > 0;
    return (this.copies > 0 && !isUnknown) || !this.#hasTrueReason;
  }

  /** Deliveries recorded with nothing between that excuses the second. */
  get isTwice(): boolean {
    const times = this.#of("delivered").map(({ time }) => time);
    return pairs(times).some((pair) => !this.#isBetween(pair, this.#unsure));
  }

  get extra(): number {
    return Math.max(0, this.copies - 1);
  }

  /** Copies that no ambiguous outcome speaks of. */
  get silent(): number {
    return this.#silentPairs.length;
  }

  get #silentPairs(): [number, number][] {
    const unsure = this.#unsure;
    return pairs(this.#evidence.copies.get(this.address) ?? []).filter(
      ([before, after]) => !unsure.some((time) => time >= before && time <= after),
    );
  }

  get #unsure(): number[] {
    return this.#of("ambiguous").map(({ time }) => time);
  }

  #isBetween([before, after]: [number, number], excuses: readonly number[]): boolean {
    const all = [...excuses, ...this.#evidence.kills];
    return all.some((time) => time >= before && time <= after);
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
