import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Octets of body bytes after which the garbage they leave is collected. */
const EVERY = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (how?: object) => void;
let passed = 0;

/**
 * Counts the octets of large bodies that passed through, and collects garbage now and then (ADR
 * 0003). Of itself V8 lets more than 64 MB of dead buffers gather before it looks; a collection of
 * our small heap takes 12 ms.
 */
export function passedThrough(octets: number): void {
  passed += octets;
  if (passed < EVERY) return;
  passed = 0;
  collect();
}

/** Gives back what loading and starting left behind: a heap made of one use only (ADR 0003). Takes some 50 ms. */
export const collectAfterStart = (): void =>
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
