export type { Engine } from "./engine.ts";
export { startEngines, type Engines } from "./engines.ts";
export { natsBinary } from "./nats-binary.ts";
export { startNatsServer } from "./nats-server.ts";
export { startPostgres } from "./postgres.ts";
export { keptEngines } from "./kept-engines.ts";
