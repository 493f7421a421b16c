import { putEntity } from "@waybill/runtime";
import { expect, test } from "vitest";
import { openOnCluster, type OnCluster } from "../src/cluster/relay-on-cluster.ts";
import { connectSmtp, type SmtpClient } from "../src/mail/smtp-client.ts";
import { until } from "../src/relay/until.ts";

/** Connections at once that the tenant may have. */
const LIMIT = 4;

async function limit({ cluster }: OnCluster, connections: number): Promise<void> {
  const entity = { kind: "limits" as const, id: "limits" as const, connections };
  const base = { tenant: "demo", kind: entity.kind, id: entity.id, time: new Date().toISOString() };
  await putEntity(cluster.log, { ...base, actor: "test", reason: "test", entity });
}

type Begun = { client: SmtpClient; code: number };

/** A connection that has begun a message, and what it was told. */
async function begin({ scene }: OnCluster): Promise<Begun> {
  const client = await connectSmtp({ port: scene.relay.smtpPort, timeoutMs: 30_000 });
  const say = async (line: string) => {
    client.write(`${line}\r\n`);
    return client.reply();
  };
  await client.reply();
  await say("EHLO client.test");
  return { client, code: (await say("MAIL FROM:<a@x.test>")).code };
}

/** A connection that is let in; others give their seats back a moment after they are closed. */
const enter = (on: OnCluster): Promise<SmtpClient> =>
  until("a seat", async () => {
    const { client, code } = await begin(on);
    if (code !== 250) client.destroy();
    return code === 250 && client;
  });

test("as many connections are let in as the limit says while the leader of the seats dies", async () => {
  await using on = await openOnCluster();
  await limit(on, LIMIT);
  const first = await begin(on);
  await until("the limit", async () => {
    const all = await Promise.all(Array.from({ length: LIMIT }, () => begin(on)));
    for (const { client } of all) client.destroy();
    return all.some(({ code }) => code === 421);
  });
  const open = [first.client];
  while (open.length < LIMIT) open.push(await enter(on));

  const leader = await on.cluster.leaderOf("SEATS");
  await leader.kill();
  const during = await Promise.all(Array.from({ length: 3 }, () => begin(on)));
  expect(during.map(({ code }) => code).filter((code) => code < 400)).toEqual([]);
  for (const client of [...during.map((one) => one.client), ...open.splice(0, 2)]) client.destroy();
  while (open.length < LIMIT) open.push(await enter(on));
  expect((await begin(on)).code).toBe(421);
  await leader.start();
  await on.cluster.inStep(["SEATS"]);
  expect((await begin(on)).code).toBe(421);
  for (const client of open.splice(0)) client.destroy();
  while (open.length < LIMIT) open.push(await enter(on));
  for (const client of open) client.destroy();
}, 300_000);
