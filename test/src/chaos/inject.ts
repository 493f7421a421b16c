import { setImmediate as endOfTurn } from "node:timers/promises";
import { cutPower } from "../faults/cut-power.ts";
import { freeze, kill } from "../faults/kill.ts";
import { processTree, survivors } from "../relay/processes.ts";
import { until } from "../relay/until.ts";
import { PARTS, STEPS, type Part, type Target } from "./faults.ts";
import { slowSyncs } from "./slow-syncs.ts";
import type { World } from "./world.ts";

const RESET_MS = 400;

type End = () => void;
const nothing: End = () => undefined;

/** Connections that the dead have opened are theirs: they are taken before the next actors begin. */
async function noteKill({ kills }: World): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await endOfTurn();
  kills.push(Date.now());
}

async function killPart(world: World, what: Part): Promise<End> {
  await kill(world.relay, PARTS[what]);
  if (what === "actors") await noteKill(world);
  return nothing;
}

/** All at once, and then a start on what is left. */
async function killEverything(world: World): Promise<End> {
  const { relay } = world;
  const everything = relay.processes();
  for (const { pid } of everything) process.kill(pid, "SIGKILL");
  await until("the end of all", () => survivors(everything).length === 0);
  await noteKill(world);
  await relay.start();
  return nothing;
}

/** The same, on what was synced. */
async function cutPowerOf(world: World): Promise<End> {
  const { relay, disk } = world;
  if (disk !== undefined) await cutPower(relay, disk);
  await noteKill(world);
  await relay.start();
  return nothing;
}

async function freezePart({ relay }: World, what: Part): Promise<End> {
  await until(what, () => processTree(relay.processOf(PARTS[what]).pid).length > 0);
  return freeze(relay, PARTS[what]);
}

function resetOften({ hop }: World): End {
  hop.proxy.reset();
  const timer = setInterval(() => hop.proxy.reset(), RESET_MS);
  return () => clearInterval(timer);
}

/** For both engines; one that is away just now begins with a disk as it was. */
function slowDisk({ relay }: World): End {
  const engines = [PARTS["nats-server"], PARTS.PostgreSQL];
  const all = processTree(relay.pid).filter(({ command }) =>
    engines.some((part) => command.includes(part)),
  );
  return slowSyncs(all.flatMap(({ pid }) => processTree(pid)).map(({ pid }) => pid));
}

/** Begins a fault; what is returned ends it. */
export async function inject(world: World, fault: Target): Promise<End> {
  const { hop, disk } = world;
  switch (fault.kind) {
    case "kill":
      return fault.what === "everything" ? killEverything(world) : killPart(world, fault.what);
    case "freeze":
      return freezePart(world, fault.what);
    case "next hop":
      hop.begin(fault.what);
      return () => hop.end(fault.what);
    case "network":
      return resetOften(world);
    case "disk":
      if (fault.what === "slow") return slowDisk(world);
      await disk?.fill();
      return () => disk?.empty();
    case "power":
      return cutPowerOf(world);
    case "clock":
      world.clock?.step(STEPS[fault.what]);
      return nothing;
  }
}
