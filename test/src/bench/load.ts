import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { submit, type SubmitReport } from "../mail/submitter.ts";

export type Load = { mails: number; connections: number; size: number };

const run = promisify(execFile);
const SMTP_SOURCE = "/usr/sbin/smtp-source";
const FROM = "sender@bench.test";
const TO = "recipient@bench.test";

/** What submits the mail: Postfix' generator where it is installed, else our own. */
export const SUBMITTER = existsSync(SMTP_SOURCE) ? "smtp-source" : "own submitter";

/** Submits a load with a program of its own; resolves when all has been answered with 250. */
export async function submitLoad(port: number, load: Load): Promise<void> {
  if (SUBMITTER !== "smtp-source") return void (await submitMeasured(port, load));
  const { mails, connections, size } = load;
  const flags = { "-m": mails, "-s": connections, "-l": size, "-f": FROM, "-t": TO };
  const args = Object.entries(flags).flatMap(([flag, value]) => [flag, String(value)]);
  await run(SMTP_SOURCE, ["-d", ...args, `127.0.0.1:${port}`]);
}

/** Submits a load with our own submitter; resolves with the milliseconds from MAIL to the 250 of each. */
export async function submitMeasured(port: number, load: Load): Promise<Float64Array> {
  const program = join(import.meta.dirname, "../mail/submit-process.ts");
  const options = JSON.stringify({ ...load, port, from: FROM, to: [TO], id: "bench-{i}" });
  const { stdout } = await run(process.execPath, [program, options], { maxBuffer: 1 << 30 });
  const { latencies, refused } = JSON.parse(stdout) as SubmitReport;
  if (latencies.length < load.mails) throw new Error(`refused: ${JSON.stringify(refused[0])}`);
  return Float64Array.from(latencies);
}

/** Submits one mail; resolves with the id it was queued as. */
export async function submitOne(port: number, size: number): Promise<string> {
  const options = { port, size, from: FROM, mails: 1, connections: 1 };
  const { queuedAs } = await submit({ ...options, to: () => [TO], id: () => "last" });
  const id = queuedAs.get("last");
  if (id === undefined) throw new Error("the last mail was not accepted");
  return id;
}
