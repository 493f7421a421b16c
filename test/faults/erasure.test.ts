import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { indexErased, makeLogger, readOne, replay, STREAMS } from "@waybill/runtime";
import { openPool } from "@waybill/runtime/postgres";
import { type MailEvent, type MessageAccepted, tenantEvents } from "@waybill/schemas";
import { expect, it } from "vitest";
import { makeHook } from "../src/faults/generic-hook.ts";
import { freeze } from "../src/faults/kill.ts";
import { eventsOf, putTenant } from "../src/faults/log-access.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { get } from "../src/faults/views.ts";
import type { ReplyPolicy } from "../src/mail/sink-policy.ts";
import { ask } from "../src/relay/ask.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

const [GONE, KEPT] = ["ok-77001@sink.test", "ok-77002@sink.test"];
const MAILS = 40;
const to = (index: number) => (index === 0 ? [GONE, KEPT] : index % 2 === 1 ? [GONE] : [KEPT]);
/** The first, and every second one. */
const ERASED = 1 + MAILS / 2;

type Made = { messages: number; events: number; bodies: number };

const text = async (scene: Scene, path: string) => (await scene.relay.api(path)).text();

/** Files below a folder that hold a text, but for the log of PostgreSQL, which it recycles itself. */
const filesWith = (folder: string, what: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => !file.includes("pg_wal") && statSync(file).isFile())
    .filter((file) => readFileSync(file).includes(what));

async function vacuum(url: string): Promise<void> {
  const pool = await openPool(url, { log: makeLogger("error", "test"), timeout: 0 });
  await pool.query("VACUUM FULL");
  await pool.query("CHECKPOINT");
  await pool.end();
}

/** Whether the originals of all that was erased are overwritten. */
async function isOverwritten({ log }: Scene): Promise<boolean> {
  const { places } = await indexErased(log, "demo");
  const left = [...places.keys()].map((seq) => readOne(log, STREAMS.mail, seq));
  return (await Promise.all(left)).every((one) => one === undefined);
}

type Shared = { chunk: number; key: string };

/** Chunks that the mails of a recipient share with others, and the keys that open their part. */
async function sharedBy({ log }: Scene, address: string): Promise<Shared[]> {
  const found: Shared[] = [];
  const filters = [tenantEvents("demo", "accepted")];
  for await (const stored of replay(log, { stream: STREAMS.mail, filters })) {
    const { body, envelope } = stored.json<MessageAccepted>();
    if (!envelope.recipients.includes(address) || body.store !== "jetstream") continue;
    const [chunk = 0] = body.chunks;
    if (body.shared !== undefined) found.push({ chunk, key: body.shared.key });
  }
  return found;
}

it("leaves nothing of a recipient but a pseudonym, also when it is killed in between", async () => {
  await using scene = await openScene();
  const { queuedAs } = await scene.load({ mails: MAILS, to });
  const [first = ""] = [queuedAs.get("0")];
  await scene.settled();
  expect(await text(scene, `/api/v1/messages/${first}`)).toContain(GONE);
  const [lost, held] = [await sharedBy(scene, GONE), await sharedBy(scene, KEPT)];
  freeze(scene.relay, "postgres");
  const made = await ask<Made>(scene.relay, "POST", "/api/v1/erasures", { address: GONE });
  expect(made).toMatchObject({ messages: ERASED, bodies: ERASED });
  expect(await text(scene, "/api/v1/audit/events")).not.toContain(GONE);
  const everything = scene.relay.processes();
  for (const { pid } of everything) process.kill(pid, "SIGKILL");
  await until("the end of all", () => survivors(everything).length === 0);
  await scene.startAgain();
  await until("the originals to be overwritten", () => isOverwritten(scene), 60_000);

  const told = await get<{ status: string; recipients: { address: string }[] }>(
    scene.relay,
    `/api/v1/messages/${first}`,
  );
  expect(told.status).toBe("delivered");
  expect(told.recipients.map(({ address }) => address)).toEqual([
    expect.stringMatching(/^erased-[0-9a-f]{16}@erased\.invalid$/),
    KEPT,
  ]);
  expect(JSON.stringify(told)).not.toContain(GONE);
  expect((await scene.relay.api(`/api/v1/messages/${first}/raw`)).status).toBe(410);
  for (let mail = 2; mail < MAILS; mail += 2) {
    const raw = await scene.relay.api(`/api/v1/messages/${queuedAs.get(String(mail))}/raw`);
    expect(raw.status).toBe(200);
  }
  expect(await scene.viewsEqualRebuild()).toBe(true);
  expect(await get(scene.relay, `/api/v1/messages/${first}`)).toEqual(told);

  await vacuum(scene.relay.engines.databaseUrl);
  await scene.relay.stop();
  expect(filesWith(scene.relay.data, KEPT).length).toBeGreaterThan(0);
  expect(filesWith(scene.relay.data, GONE)).toEqual([]);
  const still = held.filter(({ key }) => !lost.some((one) => one.key === key));
  const chunks = new Set(lost.map(({ chunk }) => chunk));
  expect(still.filter(({ chunk }) => chunks.has(chunk)).length).toBeGreaterThan(0);
  expect(filesWith(scene.relay.data, still[0]?.key ?? "none").length).toBeGreaterThan(0);
  expect(lost.flatMap(({ key }) => filesWith(scene.relay.data, key))).toEqual([]);
}, 300_000);

/** All that the log holds of mail, timers included, as the server has it. */
async function allOf({ log }: Scene): Promise<string> {
  const { first_seq: first, last_seq: last } = (await log.jsm.streams.info(STREAMS.mail)).state;
  const seqs = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const all = await Promise.all(seqs.map((seq) => readOne(log, STREAMS.mail, seq)));
  return all.map((one) => Buffer.from(one?.data ?? []).toString()).join("\n");
}

/** The first mail is taken, and its answer is lost. */
const reply: ReplyPolicy = (stage, { count }) =>
  stage === "dot" && count === 1 ? "close" : undefined;

/** Seconds until a mail is tried again. */
const LATER = 8;

it("waits for the retry of a mail that is told to have arrived, and leaves nothing of it then", async () => {
  await using scene = await openScene({ sink: { reply } });
  await putTenant(scene.log, { id: "demo", retryLadder: [LATER] });
  const hook = await makeHook(scene.relay);
  const { queuedAs } = await scene.load({ mails: 1, to: () => [GONE] });
  const messageId = queuedAs.get("0");
  const has = async (type: MailEvent["type"]) =>
    (await eventsOf(scene.log, "demo", type)).length > 0;
  await until("the attempt", () => has("ambiguous"));
  const at = "2026-11-21T12:00:00.000Z";
  const confirmed = { type: "confirmed", id: "it-arrived", messageId, recipient: GONE, at };
  expect(await hook.call("call", [confirmed])).toBe(200);
  const erase = () => ask<Made>(scene.relay, "POST", "/api/v1/erasures", { address: GONE });
  await expect(erase()).rejects.toThrow(/409 .*unfinished/);
  await until("the erasure", erase);
  expect(await eventsOf(scene.log, "demo", "due")).toHaveLength(1);
  await until("the originals to be overwritten", () => isOverwritten(scene), 60_000);
  await scene.settled();
  expect(await allOf(scene)).not.toContain(GONE);
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
