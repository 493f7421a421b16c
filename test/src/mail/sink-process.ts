/**
 * The sink as a process: `node sink-process.ts '{"port":0,"replies":{"rcpt":"450 4.2.1 later"}}'`.
 * Prints `{"port":N}`, then answers each line `stats` on standard input with the counts as JSON;
 * ends with its standard input.
 */
import { createInterface } from "node:readline";
import { startSink, type SinkOptions } from "./sink.ts";
import { fixedReplies, type Stage } from "./sink-policy.ts";

type ProcessOptions = Omit<SinkOptions, "reply"> & { replies?: Partial<Record<Stage, string>> };

const { replies = {}, ...options } = JSON.parse(process.argv[2] ?? "{}") as ProcessOptions;
const sink = await startSink({ ...options, reply: fixedReplies(replies) });
console.log(JSON.stringify({ port: sink.port }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "stats") console.log(sink.summary());
}
await sink.stop();
