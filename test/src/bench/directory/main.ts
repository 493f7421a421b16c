import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  connectNats,
  ensureStreams,
  followDirectory,
  makeLogger,
  makeSecrets,
  type Nats,
  randomToken,
} from "@waybill/runtime";
import { startNatsServer } from "@waybill/runtime/engines";
import { memoryFolder } from "../../relay/memory-folder.ts";
import { residentMemory } from "../../relay/processes.ts";
import { makeRelay, type Relay } from "../../relay/relay.ts";
import { withStack } from "../with-stack.ts";
import { checksPerSecond } from "./checks.ts";
import { fill, suppress } from "./world.ts";

const flags = {
  tenants: { type: "string", default: "100000" },
  starts: { type: "string", default: "3" },
  suppressions: { type: "string", default: "0" },
  data: { type: "string" },
} as const;
const { values } = parseArgs({ options: flags });
const [tenants, starts] = [Number(values.tenants), Number(values.starts)];
const suppressions = Number(values.suppressions);
const log = makeLogger("warn", "bench");
const secret = randomToken(32);
const secrets = makeSecrets(secret);
const MIB = 1024 ** 2;

/** Seconds from the start of the process to its ready line, and what it then holds in memory. */
async function measureStart(relay: Relay): Promise<{ readySeconds: number; residentMiB: number }> {
  const begun = performance.now();
  await relay.start();
  const readySeconds = Math.round(performance.now() - begun) / 1000;
  const residentMiB = Math.round(residentMemory(relay.pid) / MIB);
  await relay.stop();
  return { readySeconds, residentMiB };
}

/** The first start makes the certificate and compiles: it is not measured. */
async function measureStarts(natsUrl: string, stage: string, stack: AsyncDisposableStack) {
  const env = { NATS_URL: natsUrl, WAYBILL_STAGES: stage, WAYBILL_SECRET: secret };
  const relay = await makeRelay({ env });
  stack.defer(() => relay.discard());
  await measureStart(relay);
  const measured = [];
  for (let one = 0; one < starts; one += 1) measured.push(await measureStart(relay));
  return measured;
}

async function measureChecks(nats: Nats): Promise<number> {
  const directory = await followDirectory(nats, ["tenant", "credential"]);
  const checks = checksPerSecond({ directory, secrets }, tenants);
  await directory.stop();
  return checks;
}

async function measure(stack: AsyncDisposableStack) {
  const folder = values.data ? mkdtempSync(join(values.data, "directory-")) : memoryFolder();
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startNatsServer({ folder: join(folder, "nats"), log });
  stack.defer(() => server.stop());
  const nats = await connectNats(server.url, "bench", log);
  stack.defer(() => nats.close());
  await ensureStreams(nats);
  await fill(nats, secrets, tenants);
  const ingress = await measureStarts(server.url, "ingress", stack);
  const result = { tenants, ingress, checksPerSecond: await measureChecks(nats) };
  if (suppressions === 0) return result;
  const without = await measureStarts(server.url, "actors", stack);
  await suppress(nats, suppressions);
  const actors = { without, with: await measureStarts(server.url, "actors", stack) };
  return { ...result, suppressions, actors };
}

await withStack(async (stack) => console.log(JSON.stringify(await measure(stack))));
