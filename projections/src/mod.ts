export { evolve } from "./message/evolve.ts";
export { stage } from "./stage.ts";
