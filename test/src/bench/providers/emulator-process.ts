/**
 * An emulated service as a process: `node emulator-process.ts sendgrid` prints its URL, and ends with
 * its standard input.
 */
import { subject } from "./subjects.ts";

const service = await subject(process.argv[2] ?? "").serve();
console.log(service.url);
process.stdin.resume();
process.stdin.once("end", () => void service.close());
