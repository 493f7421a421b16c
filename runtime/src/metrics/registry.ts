import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";

/** What this process counts: one registry a process, so that what counts need not be handed down. */
const registry = new Registry();
const registers = [registry];

/** Pairs of tenant and provider that are told apart in a process: the bound of what a scrape costs. */
const MOST_OWNERS = 1000;
const OTHERS = "(others)";
const owners = new Set<string>();

type Named<L extends string> = { name: string; help: string; labels?: readonly L[] };

/** Counts what happens, for the life of the process. A metric's name is said once. */
export const counter = <L extends string = never>({ name, help, labels = [] }: Named<L>) =>
  new Counter<L>({ name, help, labelNames: labels, registers });

/** Sorts lengths of time, in seconds, up to minutes. */
export const durations = <L extends string = never>({ name, help, labels = [] }: Named<L>) =>
  new Histogram<L>({
    name,
    help,
    labelNames: labels,
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers,
  });

/** A value that goes up and down, set as it changes. */
export const gauge = <L extends string = never>({ name, help, labels = [] }: Named<L>) =>
  new Gauge<L>({ name, help, labelNames: labels, registers });

/**
 * A value that is read when somebody asks for it. What cannot be read is left as it was. Of two that
 * have one name the later reads.
 */
export function readings<L extends string = never>(
  what: Named<L>,
  read: (set: Gauge<L>) => void | Promise<void>,
): void {
  const { name, help, labels = [] } = what;
  registry.removeSingleMetric(name);
  const reading = new Gauge<L>({
    name,
    help,
    labelNames: labels,
    registers: [],
    async collect() {
      await Promise.try(() => read(this)).catch(() => undefined);
    },
  });
  registry.registerMetric(reading);
}

/**
 * The labels that tell whose something is. Their number is bounded: past a thousand pairs in a process,
 * those that come later are counted together.
 */
export function owner<L extends Record<string, string>>(labels: L): L {
  const key = Object.values(labels).join("/");
  if (owners.has(key)) return labels;
  if (owners.size >= MOST_OWNERS)
    return Object.fromEntries(Object.keys(labels).map((name) => [name, OTHERS])) as L;
  owners.add(key);
  return labels;
}

/** Marks everything that is told from now on with these labels. */
export const markMetrics = (labels: Record<string, string>): void =>
  registry.setDefaultLabels(labels);

/** Everything that is counted here, in the text format of Prometheus (0.0.4). */
export const ownMetrics = (): Promise<string> => registry.metrics();
