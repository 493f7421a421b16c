import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNats, ensureStreams, makeCounters, makeLogger, type Nats } from "@waybill/runtime";
import { startNatsServer, type Engine } from "@waybill/runtime/engines";
import { afterAll, beforeAll, expect, it } from "vitest";
import { factOf, RawClient, startTestIngress, type TestIngress } from "./testing.ts";

const LIMIT = 25;
const log = makeLogger("silent", "test");
let folder: string;
let engine: Engine;
const connections: Nats[] = [];
const doors: TestIngress[] = [];

/** An ingress with a connection of its own to the one NATS, as another process has it. */
async function startDoor(): Promise<void> {
  const nats = await connectNats(engine.url, "test", log);
  await ensureStreams(nats);
  const door = await startTestIngress({}, {}, { counters: makeCounters(nats) });
  const limits = { kind: "limits", id: "limits", monthly: LIMIT } as const;
  door.directory.apply(factOf("acme", "limits", "limits", limits));
  connections.push(nats);
  doors.push(door);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-shared-"));
  engine = await startNatsServer({ folder, log });
  await startDoor();
  await startDoor();
});

afterAll(async () => {
  await Promise.all(doors.map((door) => door.drain()));
  await Promise.all(connections.map((nats) => nats.close()));
  await engine.stop();
  rmSync(folder, { recursive: true });
});

/** The last replies to so many tries over one connection; a message that may not come is not sent. */
async function submit({ port }: TestIngress, tries: number): Promise<string[]> {
  const client = await RawClient.greeted(port);
  const answers: string[] = [];
  for (let at = 0; at < tries; at += 1) {
    let answer = await client.say("MAIL FROM:<a@x.test>");
    if (answer.startsWith("250")) await client.say("RCPT TO:<b@y.test>");
    if (answer.startsWith("250")) answer = await client.say("DATA");
    if (answer.startsWith("354")) answer = await client.say("\r\n.");
    answers.push(answer.slice(0, 3));
    await client.say("RSET");
  }
  client.close();
  return answers;
}

it("of many connections to two ingresses exactly as many messages are accepted as the limit says", async () => {
  for (const door of doors) expect(await submit(door, 1)).toEqual(["250"]);
  const clients = doors.flatMap((door) => Array.from({ length: 10 }, () => submit(door, 4)));
  const answers = (await Promise.all(clients)).flat();
  const accepted = doors.flatMap((door) => door.accepted());
  expect(answers.filter((one) => one === "250")).toHaveLength(LIMIT - doors.length);
  expect(accepted).toHaveLength(LIMIT);
  expect(answers.filter((one) => one === "452")).toHaveLength(80 - LIMIT + doors.length);
});
