import { existsSync } from "node:fs";
import type { KnipConfig } from "knip";

/** What shows that a room is in use; until then its dependencies wait for it. */
const doors = {
  schemas: "src/mod.ts",
  runtime: "src/mod.ts",
  ingress: "src/stage.ts",
  actors: "src/stage.ts",
  projections: "src/stage.ts",
  api: "src/stage.ts",
  test: "walk.test.ts",
};
const empty = Object.entries(doors).filter(([room, door]) => !existsSync(`${room}/${door}`));

export default {
  ignoreWorkspaces: empty.map(([room]) => room),
  workspaces: {
    ".": { entry: ["waybill.ts"] },
    test: { entry: ["src/bench/main.ts"] },
  },
} satisfies KnipConfig;
