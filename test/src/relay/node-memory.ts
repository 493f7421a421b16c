import type { Sink } from "../mail/sink.ts";
import { submit } from "../mail/submitter.ts";
import { residentMemory } from "./processes.ts";
import type { Relay } from "./relay.ts";

const MIB = 1024 * 1024;

/** What a client waits for the reply to the final dot (RFC 5321, 4.5.3.2.6). */
const REPLY_MS = 600_000;

/** Resident memory of the relay's own processes, engines apart, by what they run. */
function nodeMemory(relay: Relay): Record<string, number> {
  const own = relay.processes().filter(({ command }) => /start\.js|--stages=/.test(command));
  return Object.fromEntries(
    own.map(({ pid, command }) => [
      command.split("--stages=")[1] ?? "parent",
      residentMemory(pid) / MIB,
    ]),
  );
}

const sum = (of: Record<string, number>): number => Object.values(of).reduce((a, b) => a + b, 0);

type Load = { name: string; mails: number; connections: number };

/** Passes mails of 25 MiB over connections to the sink; the most memory that was taken meanwhile, MiB. */
export async function peakOf(
  { relay, sink }: { relay: Relay; sink: Sink },
  { name, mails, connections }: Load,
): Promise<number> {
  const before = sink.received;
  let peak: Record<string, number> = {};
  const watch = setInterval(() => {
    const now = nodeMemory(relay);
    if (sum(now) > sum(peak)) peak = now;
  }, 100);
  const report = await submit({
    host: "127.0.0.1",
    port: relay.smtpPort,
    mails,
    connections,
    size: 25 * MIB - 2000,
    from: "a@x.test",
    to: () => ["b@y.test"],
    id: (index) => `${name}-${index}`,
    timeoutMs: REPLY_MS,
  });
  await sink.waitFor(({ received }) => received >= before + mails, 240_000);
  clearInterval(watch);
  const rounded = Object.entries(peak).map(([of, mib]) => `${of} ${Math.round(mib)}`);
  console.log(`peak of ${name}, MiB: ${Math.round(sum(peak))} (${rounded.join(", ")})`);
  if (report.accepted.length < mails)
    throw new Error(`of ${mails} mails ${report.accepted.length} were accepted`);
  return sum(peak);
}
