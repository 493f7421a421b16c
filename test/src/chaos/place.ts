import type { Arrival } from "./next-hop.ts";

/** What the log says became of one recipient in one attempt. */
export type Fact = {
  type: "delivered" | "failed" | "ambiguous" | "deadlettered";
  address: string;
  /** When the log took it, milliseconds since the epoch. */
  time: number;
  /** The actors that recorded it: how many were killed before them. */
  sender: number;
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
  /** What came to the next hop, by address. */
  arrivals: ReadonlyMap<string, readonly Arrival[]>;
  facts: readonly Fact[];
  views: ReadonlyMap<string, Told>;
  /** Addresses that the next hop refused for good. */
  refused: ReadonlySet<string>;
  /** Attempts of a recipient, the first included. */
  attempts: number;
  /** Milliseconds that surely pass from the first of them to the end of the last. */
  patience: number;
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
  readonly #arrivals: readonly Arrival[];
  readonly #facts: readonly Fact[];
  readonly #evidence: Evidence;

  constructor(address: string, facts: readonly Fact[], evidence: Evidence) {
    this.address = address;
    this.#arrivals = evidence.arrivals.get(address) ?? [];
    this.copies = this.#arrivals.filter(({ isKept }) => isKept).length;
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

  /** Whether it was in flight when its sender was killed, for each kill: it had come, and nobody was told of that. */
  get inFlight(): boolean[] {
    return this.#evidence.kills.map((_, sender) => this.#sentBy(sender) > this.#toldBy(sender));
  }

  /**
   * Whether a copy came that nothing excuses. A sender may send once more for each ambiguous outcome that it
   * has recorded; the one after it, if the sender was killed before it recorded anything of its last. Nobody
   * sends what is recorded as delivered.
   */
  get isUnexplained(): boolean {
    if (this.extra === 0) return false;
    const senders = Array.from({ length: this.#evidence.kills.length + 1 }, (_, sender) => sender);
    return senders.some((sender) => this.#sentBy(sender) > this.#mayHaveSent(sender));
  }

  /** All that is known of it, a line for each thing. */
  story(): string[] {
    const { kills } = this.#evidence;
    const came = this.#arrivals.map(({ time, sender, port, isKept }) => ({
      time,
      line: `${isKept ? "copy" : "came"}, from actors ${sender}, port ${port}`,
    }));
    const told = this.#facts.map(({ time, type, attempt, sender }) => ({
      time,
      line: `${type}, attempt ${attempt}, by actors ${sender}`,
    }));
    const killed = kills.map((time, at) => ({ time, line: `actors ${at} killed` }));
    const all = [...came, ...told, ...killed].toSorted((a, b) => a.time - b.time);
    return all.map(({ time, line }) => `${new Date(time).toISOString()} ${line}`);
  }

  #sentBy(sender: number): number {
    return this.#arrivals.filter((one) => one.sender === sender).length;
  }

  #toldBy(sender: number): number {
    const told = [...this.#of("delivered"), ...this.#of("ambiguous")];
    return told.filter((one) => one.sender === sender).length;
  }

  #mayHaveSent(sender: number): number {
    const delivered = this.#of("delivered").map((fact) => fact.sender);
    if (delivered.some((before) => before < sender)) return 0;
    const isCutShort = sender < this.#evidence.kills.length;
    const unsure = this.#of("ambiguous").filter((one) => one.sender === sender).length;
    return unsure + (isCutShort || delivered.includes(sender) ? 1 : 0);
  }

  get #unsure(): number[] {
    return this.#of("ambiguous").map(({ time }) => time);
  }

  #isBetween([before, after]: [number, number], excuses: readonly number[]): boolean {
    const all = [...excuses, ...this.#evidence.kills];
    return all.some((time) => time >= before && time <= after);
  }

  /** What was refused for good was so by the next hop; what was tried to the end was tried so often, and for so long. */
  get #hasTrueReason(): boolean {
    const end = this.#of("deadlettered").at(-1);
    if (end === undefined || end.reason !== this.told.reason) return false;
    if (end.reason === "refused") return this.#evidence.refused.has(this.address);
    if (end.reason !== "retries_exhausted" || end.attempt < this.#evidence.attempts) return false;
    const first = Math.min(...this.#facts.map(({ time }) => time));
    return end.time - first >= this.#evidence.patience;
  }

  #of(type: Fact["type"]): readonly Fact[] {
    return this.#facts.filter((one) => one.type === type);
  }
}
