import { setTimeout as sleep } from "node:timers/promises";
import { rebuild } from "../faults/rebuild.ts";
import { ALL, isAlone, nameOf, type Fault, type Target } from "./faults.ts";
import { inject } from "./inject.ts";
import { recipientsOf } from "./load.ts";
import type { ChaosOptions } from "./options.ts";
import { reckon, type Reckoning } from "./reckoning.ts";
import { schedule } from "./schedule.ts";
import { canSlowSyncs } from "./slow-syncs.ts";
import { allFacts, allViews, settled } from "./settle.ts";
import { ATTEMPTS, CONCURRENCY, PATIENCE } from "./tenants.ts";
import { growth, usageOf, type Usage } from "./usage.ts";
import { Watch } from "./watch.ts";
import { openWorld, type World } from "./world.ts";

/** Seconds of mail before the first fault. */
const WARM = 3;

export type Findings = {
  faults: readonly Fault[];
  reckoning: Reckoning;
  /** Invariants that are not of the reckoning: what breaks them, by their words. */
  others: Record<string, string[]>;
  doors: { mails: number; accepted: number; refused: number; unknown: number };
  looks: number;
  usage: { first: Usage; last: Usage };
};

type Say = (line: string) => void;

/** One fault after another; those that may overlap begin while others last. */
async function injectAll(world: World, faults: readonly Fault[], say: Say): Promise<void> {
  const begun = performance.now();
  const lasting = new Set<Promise<void>>();
  for (const fault of faults) {
    if (isAlone(fault)) await Promise.all(lasting);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6);
    say(`${seconds} s  ${nameOf(fault)}${fault.seconds > 0 ? ` for ${fault.seconds} s` : ""}`);
    const one = run(world, fault).finally(() => lasting.delete(one));
    lasting.add(one);
    // Told by whoever waits for it.
    one.catch(() => undefined);
    if (!fault.overlaps) await one;
    await sleep(fault.pause * 1000);
  }
  await Promise.all(lasting);
}

async function run(world: World, fault: Fault): Promise<void> {
  const end = await inject(world, fault);
  await sleep(fault.seconds * 1000);
  end();
}

/** Stops the clients and waits for the end of all mail; what does not end, in words. */
async function calm(world: World): Promise<string[]> {
  await Promise.all(world.sides.map(({ load }) => load.stop()));
  return settled(world);
}

const startLoads = ({ sides }: World): void => {
  for (const { load } of sides) load.start();
};

async function reckonAll(world: World, watch: Watch): Promise<Reckoning> {
  const views = await allViews(world);
  for (const { tenant, items } of views) watch.isTrue(tenant, items);
  const told = views.flatMap(({ items }) => items.flatMap(({ recipients }) => recipients));
  return reckon({
    promised: world.sides.flatMap(({ load }) => load.accepted.flatMap(recipientsOf)),
    arrivals: world.hop.arrivals,
    facts: await allFacts(world),
    views: new Map(told.map((one) => [one.address, one])),
    refused: world.hop.refused,
    attempts: ATTEMPTS,
    patience: PATIENCE,
    kills: world.kills,
    inFlight: CONCURRENCY * world.sides.length,
  });
}

/** The faults that can be injected here; says which cannot, and what they need. */
function possible({ disk, clock }: World, say: Say): Target[] {
  const lacking: [boolean, Target["kind"], Target["what"] | undefined, string][] = [
    [disk === undefined, "disk", "full", "no full disk: that needs root and loop devices"],
    [disk === undefined, "power", "cut", "no power cuts: they need the same"],
    [!canSlowSyncs(), "disk", "slow", "no slow disk: that needs strace, and the right to trace"],
    [clock === undefined, "clock", undefined, "no steps of the clock: they need libfaketime"],
  ];
  const missing = lacking.filter(([isMissing]) => isMissing);
  for (const [, , , words] of missing) say(words);
  return ALL.filter(
    (one) =>
      !missing.some(([, kind, what]) => one.kind === kind && (what ?? one.what) === one.what),
  );
}

/** Runs a relay through so many minutes of faults and tells what it kept of its promises. */
export async function runChaos(
  { minutes, seed, log }: ChaosOptions,
  stack: AsyncDisposableStack,
  say: Say,
): Promise<Findings> {
  const world = await openWorld(stack, log);
  const targets = possible(world, say);
  startLoads(world);
  await sleep(WARM * 1000);
  const [before, first] = [await calm(world), usageOf(world.relay)];
  const watch = new Watch(world);
  startLoads(world);
  const faults = schedule(seed, minutes * 60, targets);
  await injectAll(world, faults, say);
  const after = await calm(world);
  await watch.stop();
  const reckoning = await reckonAll(world, watch);
  const last = usageOf(world.relay);
  const { identical } = await rebuild(world.relay);
  return {
    ...gather(world, watch),
    faults,
    reckoning,
    usage: { first, last },
    others: {
      "all mail ends, and no timer is left": [...before, ...after],
      "views equal a rebuild": identical === true ? [] : ["they do not"],
      "no tenant sees another": [...watch.foreign],
      "what is told as delivered is at the next hop": [...watch.untrue],
      "the door says no 5xx to mail that is good": refusedForGood(world),
      "memory and descriptors do not grow": growth(first, last),
    },
  };
}

const refusedForGood = ({ sides }: World): string[] =>
  sides
    .flatMap(({ load }) => load.refused)
    .filter(({ reply }) => reply.startsWith("5"))
    .map(({ id, reply }) => `${id}: ${reply}`);

function gather({ sides }: World, { looks }: Watch): Pick<Findings, "doors" | "looks"> {
  const count = (of: "accepted" | "refused" | "unknown") =>
    sides.reduce((sum, { load }) => sum + load[of].length, 0);
  const [accepted, refused, unknown] = [count("accepted"), count("refused"), count("unknown")];
  return { doors: { mails: accepted + refused + unknown, accepted, refused, unknown }, looks };
}
