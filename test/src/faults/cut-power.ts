import { survivors } from "../relay/processes.ts";
import type { Relay } from "../relay/relay.ts";
import { until } from "../relay/until.ts";
import type { SmallDisk } from "./small-disk.ts";

/**
 * Everything of a relay stops at one moment, and nothing that was not synced is on its disk; resolves
 * when the disk is there again. The relay is not started.
 */
export async function cutPower(relay: Relay, disk: SmallDisk): Promise<void> {
  const everything = relay.processes();
  for (const { pid } of everything) process.kill(pid, "SIGSTOP");
  try {
    disk.cut();
  } finally {
    for (const { pid } of everything) process.kill(pid, "SIGKILL");
  }
  await until("the end of all", () => survivors(everything).length === 0);
  await disk.powerBack();
}
