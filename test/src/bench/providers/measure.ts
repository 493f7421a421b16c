import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Attempt, Provider } from "@waybill/actors";
import { testMessage } from "../../mail/message.ts";
import { IN_FLIGHT, subject } from "./subjects.ts";

export type Load = { mails: number; size: number };

/** Of this process, which holds the provider and nothing else. */
export type Measured = { name: string; mailsPerSecond: number; cpuMicrosPerMail: number };

const [FROM, TO] = ["from@sender.test", "to@recipient.test"];

function attemptOf(id: string, size: number): Attempt {
  const raw = Buffer.from(testMessage({ id, from: FROM, to: [TO], size }));
  const body = () => Readable.from([raw], { objectMode: false });
  const message = { tenant: "bench", messageId: id, attempt: 1, from: FROM, recipients: [TO] };
  return { ...message, size: raw.length, body };
}

/** @throws Error with the outcome of the first mail that was not taken */
async function sendAll(provider: Provider, { mails, size }: Load): Promise<void> {
  let next = 0;
  const sendOn = async (): Promise<void> => {
    if (next === mails) return;
    next += 1;
    const [outcome] = await provider.send(attemptOf(`bench-${next}`, size));
    if (outcome?.class !== "accepted") throw new Error(JSON.stringify(outcome));
    return sendOn();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOn));
}

async function startService(name: string) {
  const program = join(import.meta.dirname, "emulator-process.ts");
  const child = spawn(process.execPath, [program, name], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const stop = async () => {
    const ended = once(child, "exit");
    child.stdin.end();
    await ended;
  };
  return { url, stop };
}

/** Sends through one provider to its service in another process, first a tenth that is not measured. */
export async function measure(name: string, load: Load): Promise<Measured> {
  const service = await startService(name);
  const provider = subject(name).open(service.url);
  try {
    await sendAll(provider, { ...load, mails: Math.ceil(load.mails / 10) });
    const [begun, used] = [performance.now(), process.cpuUsage()];
    await sendAll(provider, load);
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(used);
    return {
      name,
      mailsPerSecond: Math.round(load.mails / seconds),
      cpuMicrosPerMail: Math.round((user + system) / load.mails),
    };
  } finally {
    provider.close();
    await service.stop();
  }
}
