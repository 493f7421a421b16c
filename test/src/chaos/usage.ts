import { readdirSync } from "node:fs";
import { processTree, residentMemory } from "../relay/processes.ts";
import type { Relay } from "../relay/relay.ts";
import { PARTS } from "./faults.ts";

/** What a part holds: octets of resident memory, and open files. */
type Held = { memory: number; descriptors: number };
export type Usage = Record<string, Held>;

const MIB = 1024 ** 2;
/**
 * More than this is growth: caches fill, pools open, a process that was started again begins anew, and
 * V8 lets 180 MiB gather that nobody needs (128 of them for new objects).
 */
const FACTOR = 2;
const FREE: Held = { memory: 192 * MIB, descriptors: 64 };

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function heldBy(root: number, isTree: boolean): Held {
  const all = isTree ? processTree(root) : [{ pid: root }];
  const held = all.map(({ pid }) => [residentMemory(pid), descriptorsOf(pid)] as const);
  const [memory, descriptors] = [0, 1].map((which) =>
    held.reduce((sum, one) => sum + (one[which] ?? 0), 0),
  );
  return { memory: memory ?? 0, descriptors: descriptors ?? 0 };
}

/** What the parts of a relay hold now; those of PostgreSQL are many processes. */
export function usageOf(relay: Relay): Usage {
  const parts = Object.entries(PARTS).map(([name, part]) => {
    return [name, heldBy(relay.processOf(part).pid, name === "PostgreSQL")] as const;
  });
  return { parent: heldBy(relay.pid, false), ...Object.fromEntries(parts) };
}

const isMore = (from: number, to: number, free: number): boolean => to > from * FACTOR + free;

/** The parts that hold more than they did, beyond a generous measure, in words. */
export function growth(first: Usage, last: Usage): string[] {
  return Object.entries(last).flatMap(([part, held]) => {
    const before = first[part] ?? { memory: 0, descriptors: 0 };
    const grown = (["memory", "descriptors"] as const).filter((what) =>
      isMore(before[what], held[what], FREE[what]),
    );
    return grown.map((what) => `${part}: ${what} ${before[what]} -> ${held[what]}`);
  });
}
