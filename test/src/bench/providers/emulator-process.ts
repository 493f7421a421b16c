/**
 * An emulated service as a process: `node emulator-process.ts sendgrid` prints its URL, and ends with
 * its standard input.
 */
import { startEmulator } from "../../esp/emulator.ts";
import { subject } from "./subjects.ts";

const service = subject(process.argv[2] ?? "").serve();
const emulator = await startEmulator((asked) => service.handle(asked));
console.log(emulator.url);
process.stdin.resume();
process.stdin.once("end", () => void emulator.close());
