// `npm run restore -- --from FOLDER [--erasures FILE]`: a backup into an installation that has no log yet.
import { given, needed, runCommand } from "./command.ts";
import { restore } from "./restore.ts";

const USAGE = "npm run restore -- --from FOLDER [--erasures FILE]";
const FLAGS = { from: { type: "string" }, erasures: { type: "string" } } as const;

await runCommand("restore", USAGE, FLAGS, (flags, config, log) => {
  const [from, erasures] = [needed(flags, "from", USAGE), given(flags, "erasures")];
  return restore(config, { from, erasures }, log);
});
