import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Octets of body bytes after which the young garbage they leave is collected. */
const EVERY = 1024 * 1024;

/** So many collections of the young are followed by one of all: some buffers have grown old meanwhile. */
const YOUNG = 3;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (how?: object) => void;
let passed = 0;
let young = 0;

function collectSome(): void {
  young = (young + 1) % (YOUNG + 1);
  collect({ type: young === 0 ? "major" : "minor", execution: "sync" });
}

/**
 * Counts the octets of large bodies that passed through, and collects garbage now and then (ADR
 * 0003). Of itself V8 lets more than 64 MB of dead buffers gather before it looks.
 */
export function passedThrough(octets: number): void {
  passed += octets;
  if (passed < EVERY) return;
  passed = 0;
  collectSome();
}

/** Gives back what loading and starting left behind: a heap made of one use only (ADR 0003). Takes some 50 ms. */
export const collectAfterLoading = (): void =>
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
