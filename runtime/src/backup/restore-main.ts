// `npm run restore -- --from FOLDER`: a backup into an installation that has no log yet.
import { needed, runCommand } from "./command.ts";
import { restore } from "./restore.ts";

const USAGE = "npm run restore -- --from FOLDER";

await runCommand("restore", USAGE, { from: { type: "string" } }, (flags, config, log) =>
  restore(config, needed(flags, "from", USAGE), log),
);
