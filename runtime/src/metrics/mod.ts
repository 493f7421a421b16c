export { answerMetrics, gatherMetrics } from "./gather.ts";
export { watchProcess } from "./process.ts";
export { counter, durations, gauge, owner, ownMetrics, readings } from "./registry.ts";
