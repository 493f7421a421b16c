// A process that holds the embedded engines of the data folder in its first argument.
import { StartError } from "../../start-error.ts";
import { startEngines } from "../engines.ts";
import { NATS_SERVER_BIN, QUIET } from "./kit.ts";

try {
  const [dataFolder = ""] = process.argv.slice(2);
  const engines = await startEngines({ dataFolder, natsServerBin: NATS_SERVER_BIN, log: QUIET });
  console.log(JSON.stringify(engines));
  process.once("SIGTERM", () => void engines.stop());
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.log(JSON.stringify({ message: error.message, hint: error.hint }));
  process.exitCode = 1;
}
