import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

const PROGRAM = resolve(import.meta.dirname, "../../../runtime/src/chain/main.ts");

/** What `npm run verify` says of each tenant of a log. Rejects when something does not fit. */
export async function verify(natsUrl: string): Promise<{ tenant: string; events: number }[]> {
  const env = { PATH: process.env.PATH ?? "", NATS_URL: natsUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { env });
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as { tenant: string; events: number });
}
