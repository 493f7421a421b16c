import { processTree, survivors } from "../relay/processes.ts";
import type { Relay } from "../relay/relay.ts";
import { until } from "../relay/until.ts";

/** kill -9 of the process of a relay that runs `part`, as soon as there is one; resolves when it has gone. */
export async function kill(relay: Relay, part: string): Promise<void> {
  const found = await until(part, () => relay.processOf(part));
  process.kill(found.pid, "SIGKILL");
  await until("its end", () => survivors([found]).length === 0);
}

/**
 * Stops the process that runs `part`, and all that come from it, as if their machine stood still;
 * returns what lets them go on.
 */
export const freeze = (relay: Relay, part: string): (() => void) =>
  freezeTree(relay.processOf(part).pid);

/** The same of a process by its id. */
export function freezeTree(root: number): () => void {
  const frozen = processTree(root);
  for (const { pid } of frozen) process.kill(pid, "SIGSTOP");
  return () => {
    for (const { pid } of survivors(frozen)) process.kill(pid, "SIGCONT");
  };
}
