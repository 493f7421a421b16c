import type { BacklogFigures, Memory } from "./measure.ts";

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const one = (value: number): string => value.toFixed(1);

/** Of the Node processes together, then of each engine. */
const memoryOf = (memory: Memory): string =>
  ["node", "nats-server", "postgres"].map((part) => whole(memory[part] ?? NaN)).join(" / ");

const ROWS: readonly [string, (figures: BacklogFigures) => string][] = [
  ["accepted, s", ({ acceptSeconds }) => one(acceptSeconds)],
  ["250s a second", ({ load, acceptSeconds }) => whole(load.mails / acceptSeconds)],
  ["disk, MiB", ({ diskMiB, emptyDiskMiB }) => whole(diskMiB - emptyDiskMiB)],
  [
    "disk, KiB a mail",
    ({ load, diskMiB, emptyDiskMiB }) => one(((diskMiB - emptyDiskMiB) * 1024) / load.mails),
  ],
  ["start with it, s", ({ startSeconds }) => one(startSeconds)],
  ["first mail after the provider is back, s", (figures) => one(figures.firstAfterSeconds)],
  ["drained from there, s", ({ drainSeconds }) => one(drainSeconds)],
  ["delivered a second", ({ load, drainSeconds }) => whole(load.mails / drainSeconds)],
  ["accepting: Node / NATS / PostgreSQL, MiB", ({ memory }) => memoryOf(memory.accepting)],
  ["waiting: Node / NATS / PostgreSQL, MiB", ({ memory }) => memoryOf(memory.waiting)],
  ["draining: Node / NATS / PostgreSQL, MiB", ({ memory }) => memoryOf(memory.draining)],
];

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The figures as a Markdown table, a column for each backlog. */
export function backlogTable(measured: readonly BacklogFigures[]): string {
  const head = ["", ...measured.map(({ load }) => whole(load.mails))];
  return [
    line(head),
    line(head.map(() => "---")),
    ...ROWS.map(([name, of]) => line([name, ...measured.map(of)])),
  ].join("\n");
}
