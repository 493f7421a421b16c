import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";

/** Rooms whose tests start real servers: one file at a time. */
const withServers = new Set(["runtime", "projections", "api", "test"]);
const room = basename(process.cwd());

/** Shared by all rooms: each runs `vitest run --config ../vitest.config.ts` in its own folder. */
export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: !withServers.has(room),
    reporters: ["default", "json"],
    outputFile: { json: join(import.meta.dirname, ".results", `${room}.json`) },
  },
});
