import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Relay } from "./relay.ts";

const PROGRAM = resolve(import.meta.dirname, "../../../runtime/src/rotate/main.ts");

/** Changes the master key, and the data keys, of a stopped relay, which was told `env`; what the command printed. Rejects with its words. */
export async function rotate(
  { data }: Pick<Relay, "data">,
  told: Record<string, string> = {},
): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", WAYBILL_DATA: data, ...told };
  const run = promisify(execFile);
  return (await run(process.execPath, [PROGRAM, "--data-keys"], { env })).stdout;
}
