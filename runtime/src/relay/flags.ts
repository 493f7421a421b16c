import type { StageName } from "../settings.ts";

/**
 * How Node runs stages. Helper threads of the collector take the processors from the stages'
 * neighbours. V8's memory reducer takes the pauses between mails for idleness: ingress collected every
 * 0.6 s under load, and let its heap grow anew after each pause; the others keep it, because it saves
 * them memory (ADR 0005). The API loads most and does least: its heap is kept small (ADR 0003).
 */
export const flagsOf = (stages: readonly StageName[]): string[] => [
  "--single-threaded-gc",
  ...(stages.includes("ingress") ? ["--no-memory-reducer"] : []),
  ...(stages.includes("api") ? ["--optimize-for-size"] : []),
];
