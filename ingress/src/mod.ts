export { stage, startIngress, type RunningIngress } from "./stage.ts";
