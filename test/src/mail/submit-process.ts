/**
 * The submitter as a process: `node submit-process.ts '{"port":2525,"mails":1000,...}'` with `to`
 * and `id` as patterns in which `{i}` stands for the number of the mail. Prints the report as JSON;
 * a SIGINT or SIGTERM ends the run and still prints it.
 */
import { submit, type SubmitOptions } from "./submitter.ts";

type ProcessOptions = Omit<SubmitOptions, "to" | "id"> & { to: string[]; id: string };

const { to, id, ...options } = JSON.parse(process.argv[2] ?? "{}") as ProcessOptions;
const fill = (pattern: string, index: number): string => pattern.replaceAll("{i}", String(index));
const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => abort.abort());

const report = await submit({
  ...options,
  signal: abort.signal,
  to: (index) => to.map((address) => fill(address, index)),
  id: (index) => fill(id, index),
});
const { queuedAs, latencies } = report;
const plain = { queuedAs: Object.fromEntries(queuedAs), latencies: [...latencies] };
console.log(JSON.stringify({ ...report, ...plain }));
