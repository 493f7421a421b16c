import { hash } from "node:crypto";

/** How much a part belongs to a worker: the same in every process. */
const weightOf = (part: number, worker: string): string => hash("sha1", `${part} ${worker}`);

/**
 * Who works on which of the parts `0 .. count-1`: rendezvous hashing, bounded so that the workers' counts
 * differ by one at most. The oldest, the first in the order of their ids, have one more.
 * @returns for each worker its parts, ascending; every part has exactly one worker, if there is any
 */
export function sharesOf(count: number, workers: Iterable<string>): Map<string, number[]> {
  const ids = [...new Set(workers)].toSorted();
  const shares = new Map<string, number[]>(ids.map((id) => [id, []]));
  const [each, rest] = [Math.floor(count / ids.length), count % ids.length];
  const room = new Map(ids.map((id, at) => [id, each + (at < rest ? 1 : 0)]));
  const taken = new Set<number>();
  for (const { part, worker } of byWeight(count, ids)) {
    const share = shares.get(worker) ?? [];
    if (taken.has(part) || share.length >= (room.get(worker) ?? 0)) continue;
    taken.add(part);
    share.push(part);
  }
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
}

/** Every part with every worker, those that belong together most first. */
function byWeight(count: number, workers: readonly string[]): { part: number; worker: string }[] {
  const pairs = workers.flatMap((worker) =>
    Array.from({ length: count }, (_, part) => ({ part, worker, weight: weightOf(part, worker) })),
  );
  return pairs.toSorted((a, b) => (a.weight < b.weight ? -1 : 1));
}
