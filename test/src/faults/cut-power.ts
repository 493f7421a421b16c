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
  const tell = (signal: NodeJS.Signals) => {
    for (const { pid } of survivors(everything)) process.kill(pid, signal);
  };
  try {
    tell("SIGSTOP");
    disk.cut();
  } finally {
    tell("SIGKILL");
  }
  await until("the end of all", () => survivors(everything).length === 0);
  await disk.powerBack();
}
