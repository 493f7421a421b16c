import { readFileSync } from "node:fs";
import { processorTime, residentMemory, type Process } from "../relay/processes.ts";

/** `cpuSeconds` over the time metered; `peakBytes` resident. */
export type Usage = { cpuSeconds: number; peakBytes: number };

const EVERY_MS = 500;

/** The part that stands for all Node processes together. */
export const NODE = "node";

/** Of what several processes share, each counts its part (Linux: proportional set size). */
function sharedMemory(pid: number): number {
  try {
    const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

type Part = { name: string; pattern: RegExp; memoryOf: (pid: number) => number };

const PARTS: readonly Part[] = [
  { name: "parent", pattern: /start\.js$/, memoryOf: residentMemory },
  { name: "ingress", pattern: /--stages=ingress/, memoryOf: residentMemory },
  { name: "actors", pattern: /--stages=actors/, memoryOf: residentMemory },
  { name: "projections+api", pattern: /--stages=projections,api/, memoryOf: residentMemory },
  { name: NODE, pattern: /start\.js$|--stages=/, memoryOf: residentMemory },
  { name: "nats-server", pattern: /nats-server/, memoryOf: residentMemory },
  { name: "postgres", pattern: /postgres/, memoryOf: sharedMemory },
];

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Meters the processes of a relay, by what they are. */
export class UsageMeter {
  readonly #processes: () => Process[];
  readonly #begun = new Map<number, number>();
  readonly #cpu = new Map<string, Map<number, number>>();
  readonly #peaks = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(processes: () => Process[]) {
    this.#processes = processes;
  }

  start(): void {
    for (const { pid } of this.#processes()) this.#begun.set(pid, processorTime(pid));
    this.#timer = setInterval(() => this.#sample(), EVERY_MS);
  }

  /** What each part has used since the start; a process that came since counts from its own. */
  stop(): Map<string, Usage> {
    clearInterval(this.#timer);
    this.#sample();
    const usageOf = (part: string): Usage => ({
      cpuSeconds: sum([...(this.#cpu.get(part)?.values() ?? [])]),
      peakBytes: this.#peaks.get(part) ?? 0,
    });
    return new Map([...this.#peaks.keys()].map((part) => [part, usageOf(part)]));
  }

  #sample(): void {
    const processes = this.#processes();
    for (const { name, pattern, memoryOf } of PARTS) {
      const own = processes.filter(({ command }) => pattern.test(command)).map(({ pid }) => pid);
      this.#sampleCpu(name, own);
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, sum(own.map(memoryOf))));
    }
  }

  /** A process that has ended keeps what it had. */
  #sampleCpu(name: string, pids: readonly number[]): void {
    const known = this.#cpu.get(name) ?? new Map<number, number>();
    for (const pid of pids) known.set(pid, processorTime(pid) - (this.#begun.get(pid) ?? 0));
    this.#cpu.set(name, known);
  }
}
