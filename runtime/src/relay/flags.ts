import type { StageName } from "../settings.ts";

/**
 * How Node runs stages. Helper threads of the collector take the processors from the stages'
 * neighbours. V8's memory reducer takes the pauses between mails for idleness: ingress collected every
 * 0.6 s under load, and let its heap grow anew after each pause; the others keep it, because it saves
 * them memory (ADR 0005). Nearly all that the views are made of is garbage at once: a small young generation
 * is enough for it (ADR 0003).
 */
export const flagsOf = (stages: readonly StageName[]): string[] => [
  "--single-threaded-gc",
  ...(stages.includes("ingress") ? ["--no-memory-reducer"] : []),
  ...(stages.includes("api") ? ["--max-semi-space-size=4"] : []),
];
