/** Random numbers of 0 to 1, the same for the same seed (mulberry32). */
export function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** So many whole numbers below `end`, ascending, the same for the same seed. */
export const moments = (seed: number, count: number, end: number): number[] =>
  randomNumbers(seed)
    .take(count)
    .map((one) => Math.floor(one * end))
    .toArray()
    .toSorted((a, b) => a - b);
