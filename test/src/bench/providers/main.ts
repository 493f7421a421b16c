/** `npm run bench providers [-- --mails 10000 --size 4096 sendgrid ...]` */
import { parseArgs } from "node:util";
import { measure } from "./measure.ts";
import { IN_FLIGHT, SUBJECTS } from "./subjects.ts";

const options = {
  mails: { type: "string", default: "10000" },
  size: { type: "string", default: "4096" },
} as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const load = { mails: Number(values.mails), size: Number(values.size) };
const names = positionals.length > 0 ? positionals : Object.keys(SUBJECTS);

async function measureEach([name, ...rest]: string[]): Promise<void> {
  if (name === undefined) return;
  console.log(JSON.stringify({ ...load, inFlight: IN_FLIGHT, ...(await measure(name, load)) }));
  await measureEach(rest);
}
await measureEach(names);
