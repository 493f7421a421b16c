import type { Deps } from "../deps.ts";
import { goOn } from "./erase.ts";

/** Milliseconds from one look to the next; for so long a command that was asked for here is let alone. */
const HOUR = 3_600_000;

const isAsked = (at: string, before: number): boolean => Date.parse(at) < before;

/**
 * Goes on with the erasures asked for before a moment that nobody finished: whoever was at it died, or
 * they are of a log that was restored. One that cannot be finished yet is left. @returns how many were not
 */
export async function finishErasures(deps: Deps, before: number): Promise<number> {
  const { directory, log } = deps;
  const begun = directory.everywhere("erasure").filter(({ entity }) => !entity.finishedAt);
  let left = 0;
  for (const { tenant, entity, seq } of begun.filter(({ entity: { at } }) => isAsked(at, before)))
    try {
      await goOn(deps, tenant, entity, seq);
      log.info({ tenant, erasure: entity.id }, "an erasure that was begun is finished");
    } catch (error) {
      left += 1;
      log.warn({ err: error, tenant, erasure: entity.id }, "an erasure cannot be finished yet");
    }
  return left;
}

/** Does so now and every hour; returns what ends that. */
export function finishHourly(deps: Deps): () => void {
  let finishing: Promise<unknown> | undefined;
  const begin = (before: number) => {
    finishing ??= finishErasures(deps, before).finally(() => (finishing = undefined));
  };
  begin(Date.now());
  const timer = setInterval(() => begin(Date.now() - HOUR), HOUR);
  return () => clearInterval(timer);
}
