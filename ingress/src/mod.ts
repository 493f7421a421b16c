export { authenticate } from "./auth.ts";
export { stage, startIngress, type RunningIngress } from "./stage.ts";
