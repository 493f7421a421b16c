import { Place, type Evidence } from "./place.ts";

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

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const names = (places: readonly Place[]): string[] => places.map(({ address }) => address);

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** A mail in flight at a kill comes again to all of its recipients. */
function isMoreThanInFlight(silent: readonly Place[], { kills, inFlight }: Evidence): boolean {
  const mails = new Set(silent.map(({ address }) => address.replace(/^r\d-/, "")));
  return mails.size > kills.length * inFlight;
}

/** Holds what was promised at the door against the next hop, the log and the views. */
export function reckon(evidence: Evidence): Reckoning {
  const facts = Map.groupBy(evidence.facts, ({ address }) => address);
  const place = (address: string) => new Place(address, facts.get(address) ?? [], evidence);
  const promised = evidence.promised.map(place);
  // A mail without a 250 may have been kept all the same: its copies are reckoned too.
  const all = [...new Set([...evidence.promised, ...evidence.copies.keys()])].map(place);
  const silent = all.filter((one) => one.silent > 0);
  return {
    delivered: promised.filter(({ copies }) => copies > 0).length,
    dead: countBy(
      promised.filter(({ told }) => told.status === "dead").map(({ told }) => told.reason ?? ""),
    ),
    waiting: promised.filter(({ isWaiting }) => isWaiting).length,
    extra: sum(all.map((one) => one.extra)),
    silent: sum(silent.map((one) => one.silent)),
    breaches: {
      lost: names(promised.filter(({ isLost }) => isLost)),
      untrue: names(promised.filter(({ isUntrue }) => isUntrue)),
      twice: names(all.filter(({ isTwice }) => isTwice)),
      copies: isMoreThanInFlight(silent, evidence) ? names(silent) : [],
    },
  };
}
