import { afterAll, expect, test } from "vitest";
import { makeDeliver, sandboxProvider } from "@waybill/actors";
import { breakersIn } from "@waybill/actors/testing";
import { startIngress } from "@waybill/ingress";
import { Directory, makeLogger, makeSecrets, readConfig } from "@waybill/runtime";
import { MemoryBodies, MemoryCounters, MemoryLog, MemorySeats } from "@waybill/runtime/testing";
import { evolveMessage, isWork, type MailEvent, type MessageView } from "@waybill/schemas";
import { demoFacts } from "./src/demo-facts.ts";
import { submit } from "./src/mail/submitter.ts";

const log = makeLogger("silent", "walk");
const config = readConfig({ WAYBILL_TLS: "false", WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo" });
const secrets = makeSecrets("a master key for the walk, long enough");
const directory = new Directory();
const [events, bodies, counters] = [new MemoryLog(), new MemoryBodies(), new MemoryCounters()];

const uses = { note: () => undefined };

const fold = (view: MessageView | undefined, event: MailEvent, index: number) =>
  evolveMessage(view, event, index + 1);

test("one mail, from the socket to the view", async () => {
  for (const fact of demoFacts()) directory.apply(fact);

  const neighbours = {
    config,
    log,
    directory,
    secrets,
    events,
    bodies,
    counters,
    seats: new MemorySeats(),
    uses,
  };
  const ingress = await startIngress(neighbours, { smtpPort: 0, smtpsPort: undefined });
  afterAll(() => ingress.drain());
  const { accepted } = await submit({
    host: "127.0.0.1",
    port: ingress.smtpPort ?? 0,
    mails: 1,
    connections: 1,
    size: 500,
    from: "me@example.com",
    to: () => ["delivered@sandbox.waybill.test", "bounced@sandbox.waybill.test"],
    id: () => "walk",
  });
  expect(accepted).toEqual(["walk"]);

  const [work] = events.events.filter(isWork);
  if (work === undefined) throw new Error("nothing was accepted");
  const providers = {
    get: (_owner: string, settings: { id: string }) => sandboxProvider(settings),
  };
  const deliver = makeDeliver({
    events,
    bodies,
    directory,
    hash: (text) => text,
    providers,
    breakers: breakersIn(directory),
    log,
    now: Date.now,
    random: Math.random,
  });
  await deliver({ work, known: [] });
  expect(events.events.map((event) => event.type)).toEqual([
    "accepted",
    "delivered",
    "failed",
    "deadlettered",
  ]);

  const view = events.events.reduce<MessageView | undefined>(fold, undefined);
  expect(view?.recipients.map(({ status }) => status)).toEqual(["delivered", "dead"]);
  expect(view).toMatchObject({ status: "partial", sender: "me@example.com", attempts: 1 });
});
