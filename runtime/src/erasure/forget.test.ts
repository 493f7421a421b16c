import { type ErasedRecord, laneOf, type MailEvent } from "@waybill/schemas";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readOne, replay } from "../replay.ts";
import { purgeEvents } from "../retention/purge.ts";
import { STREAMS } from "../streams.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { appendErased } from "./append.ts";
import { forgetErased } from "./forget.ts";
import { indexErased } from "./records.ts";

let log: LogServer;
/** Sequences in MAIL of three events of each tenant, every one of them erased. */
let seqs: Record<"a" | "b", number[]>;

beforeEach(async () => {
  log = await startLog();
  seqs = { a: [], b: [] };
  for (const round of [1, 2, 3])
    for (const tenant of ["a", "b"] as const) {
      const subject = `mail.fact.${laneOf(tenant, 16)}.${tenant}.delivered`;
      const { seq } = await log.nats.js.publish(subject, JSON.stringify({ secret: round }));
      seqs[tenant].push(seq);
      await record(tenant, { seq, subject });
    }
});
afterEach(() => log[Symbol.asyncDispose]());

async function record(tenant: string, { seq, subject }: Pick<ErasedRecord, "seq" | "subject">) {
  const messageId = `01J${String(seq).padStart(23, "0")}`;
  const keptAt = (await readOne(log.nats, STREAMS.mail, seq))?.time.toISOString() ?? "";
  const event = { messageId, erased: true } as MailEvent;
  const left = { seq, subject, keptAt, tenant, messageId, leaf: "", event, chunks: [], by: "test" };
  await appendErased(log.nats, tenant, [left], (await indexErased(log.nats, tenant)).last);
}

const left = async (tenant: string) => [...(await indexErased(log.nats, tenant)).places.keys()];
const third = (tenant: "a" | "b") => seqs[tenant][2] ?? 0;

it("forgets what is left before a sequence, of one tenant", async () => {
  await forgetErased(log.nats, "a", third("a"));
  expect(await left("a")).toEqual([third("a")]);
  expect(await left("b")).toEqual(seqs.b);
});

it("forgets what is left before a sequence, of all tenants", async () => {
  await forgetErased(log.nats, undefined, third("a"));
  expect(await left("a")).toEqual([third("a")]);
  expect(await left("b")).toEqual([third("b")]);
});

it("comes to the same when two sweeps do it at once, and again", async () => {
  const sweep = () => forgetErased(log.nats, undefined, third("a"));
  await Promise.all([sweep(), sweep(), sweep()]);
  await sweep();
  expect([...(await left("a")), ...(await left("b"))]).toEqual([third("a"), third("b")]);
});

it("never lets an original be read again that was not overwritten yet", async () => {
  const filters = ["mail.*.*.a.*"];
  const read = async () => {
    let text = "";
    for await (const one of replay(log.nats, { stream: STREAMS.mail, filters }))
      text += JSON.stringify(one.json());
    return text;
  };
  const before = new Date(Date.now() + 1000);
  const sweep = { isOver: false };
  const swept = purgeEvents(log.nats, "a", { until: third("a"), before }).then(
    () => (sweep.isOver = true),
  );
  while (!sweep.isOver) expect(await read()).not.toContain("secret");
  await swept;
  expect(await left("a")).toEqual([third("a")]);
  expect(await read()).not.toContain("secret");
});
