import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StartError } from "../start-error.ts";

/** The engines that a running relay keeps on a data folder. @throws StartError when none runs there */
export async function keptEngines(
  folder: string,
): Promise<{ natsUrl: string; databaseUrl: string }> {
  const text = await readFile(join(folder, "engines.json"), "utf8").catch((cause: unknown) => {
    const hint = "start the relay, or set NATS_URL and DATABASE_URL";
    throw new StartError(`no relay runs on the data folder ${folder}`, hint, { cause });
  });
  return JSON.parse(text) as { natsUrl: string; databaseUrl: string };
}
