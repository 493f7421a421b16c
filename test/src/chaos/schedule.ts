import { randomNumbers } from "../faults/moments.ts";
import { isAlone, isInstant, type Fault, type Target } from "./faults.ts";

/** Seconds. */
const LASTS = { least: 2, most: 7 };
const PAUSE = { least: 1, most: 4 };
/** The part of the faults during which the next one may begin. */
const OVERLAPPING = 0.35;

type Random = () => number;

const between = (random: Random, { least, most }: typeof LASTS): number =>
  Math.round((least + random() * (most - least)) * 10) / 10;

/** Fisher and Yates. */
function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const pack = [...items];
  for (let last = pack.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [one, two] = [pack[last], pack[other]] as [T, T];
    [pack[last], pack[other]] = [two, one];
  }
  return pack;
}

function faultOf(random: Random, target: Target): Fault {
  const seconds = isInstant(target) ? 0 : between(random, LASTS);
  const pause = between(random, PAUSE);
  const overlaps = random() < OVERLAPPING && !isAlone(target) && seconds > 0;
  return { ...target, seconds, pause, overlaps };
}

/** Seconds from the beginning of a fault to that of the next. */
export const stepOf = ({ seconds, pause, overlaps }: Fault): number =>
  overlaps ? pause : seconds + pause;

/**
 * The faults of a run of so many seconds, the same for the same seed: dealt from a shuffled pack of all
 * targets, and from another when it is used up, so that none is left out for long.
 */
export function schedule(seed: number, seconds: number, targets: readonly Target[]): Fault[] {
  const numbers = randomNumbers(seed);
  const random = () => numbers.next().value;
  const faults: Fault[] = [];
  let pack: Target[] = [];
  for (let at = 0; at < seconds;) {
    if (pack.length === 0) pack = shuffled(random, targets);
    const target = pack.pop();
    if (target === undefined) break;
    const fault = faultOf(random, target);
    faults.push(fault);
    at += stepOf(fault);
  }
  return faults;
}
