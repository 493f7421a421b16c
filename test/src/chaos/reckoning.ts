import { Place, type Evidence } from "./place.ts";

export const INVARIANTS = {
  lost: "every 250 is at the next hop, a dead letter, or still waiting",
  untrue: "the reason of a dead letter is true, and the views say what happened",
  twice: "nobody is `delivered` twice without an `ambiguous` or a kill between",
  copies: "every extra copy is of a mail in flight when its own sender was killed, or ambiguous",
} as const;

export type Invariant = keyof typeof INVARIANTS;

export type Reckoning = {
  /** Recipients of mails answered with 250: at the next hop, given up by reason, and neither yet. */
  delivered: number;
  dead: Record<string, number>;
  waiting: number;
  /** Copies beyond the first, and the recipients whose mail was in flight at a kill and came again. */
  extra: number;
  inFlight: number;
  breaches: Record<Invariant, string[]>;
};

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const names = (places: readonly Place[]): string[] => places.map(({ address }) => address);

const storyOf = (place: Place): string[] => [
  place.address,
  ...place.story().map((line) => `  ${line}`),
];

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const mailOf = ({ address }: Place): string => address.replace(/^r\d-/, "");

/** Whether more mails were in flight at one kill than could be; each comes again to all of its recipients. */
function isMoreThanInFlight(again: readonly Place[], { kills, inFlight }: Evidence): boolean {
  const cutShort = (kill: number) => again.filter((one) => one.inFlight[kill]).map(mailOf);
  return kills.some((_, kill) => new Set(cutShort(kill)).size > inFlight);
}

/** Holds what was promised at the door against the next hop, the log and the views. */
export function reckon(evidence: Evidence): Reckoning {
  const facts = Map.groupBy(evidence.facts, ({ address }) => address);
  const place = (address: string) => new Place(address, facts.get(address) ?? [], evidence);
  const promised = evidence.promised.map(place);
  // A mail without a 250 may have been kept all the same: its copies are reckoned too.
  const all = [...new Set([...evidence.promised, ...evidence.arrivals.keys()])].map(place);
  const again = all.filter(({ extra }) => extra > 0);
  const unexplained = again.filter((one) => one.isUnexplained);
  return {
    delivered: promised.filter(({ copies }) => copies > 0).length,
    dead: countBy(
      promised.filter(({ told }) => told.status === "dead").map(({ told }) => told.reason ?? ""),
    ),
    waiting: promised.filter(({ isWaiting }) => isWaiting).length,
    extra: sum(all.map((one) => one.extra)),
    inFlight: again.filter((one) => one.inFlight.includes(true)).length,
    breaches: {
      lost: names(promised.filter(({ isLost }) => isLost)),
      untrue: names(promised.filter(({ isUntrue }) => isUntrue)),
      twice: names(all.filter(({ isTwice }) => isTwice)),
      copies: isMoreThanInFlight(again, evidence) ? names(again) : unexplained.flatMap(storyOf),
    },
  };
}
