import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MailEvent } from "@waybill/schemas";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { openDialogue, type Dialogue } from "./src/mail/smtp-dialogue.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { until } from "./src/relay/until.ts";

let relay: Relay;
let sink: Sink;
beforeAll(async () => {
  sink = await startSink({ keep: "raw" });
  relay = await makeRelay({ env: { WAYBILL_RELAY_URL: sink.url } });
  await relay.start();
});
afterAll(async () => {
  await relay.discard();
  await sink.stop();
});

type Login = { username: string; password: string };
type Way = { recipient: string; rule?: string; why: string; owner?: string; redirectedTo?: string };
type Told = { items: { event: MailEvent }[] };

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  const init = body ? { method, headers, body: JSON.stringify(body) } : { method };
  const answer = await relay.api(`/api/v1${path}`, init);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function loggedIn({ username, password }: Login): Promise<Dialogue> {
  const login = Buffer.from(`\0${username}\0${password}`).toString("base64");
  const dialogue = await openDialogue(relay.smtpPort, { timeoutMs: 20_000 });
  await dialogue.reply();
  await dialogue.ehlo();
  expect((await dialogue.ask(`AUTH PLAIN ${login}`)).code).toBe(235);
  return dialogue;
}

/** Submits a mail; resolves with its id. */
async function send(login: Login, recipients: readonly string[], header = ""): Promise<string> {
  const dialogue = await loggedIn(login);
  await dialogue.ask("MAIL FROM:<me@x.test>");
  for (const recipient of recipients) await dialogue.ask(`RCPT TO:<${recipient}>`);
  await dialogue.ask("DATA");
  dialogue.sendRaw(`${header}Subject: hello\r\n\r\nhello\r\n`);
  const { lines } = await dialogue.ask(".");
  const [, id] = /queued as (\w+)/.exec(lines.join(" ")) ?? [];
  if (id === undefined) throw new Error(dialogue.transcript);
  return id;
}

/** What became of a message once so many of its events are there. */
const eventsOf = (id: string, count: number): Promise<MailEvent[]> =>
  until("the events", async () => {
    const { items } = await ask<Told>("GET", `/messages/${id}/events`);
    return items.length >= count && items.map(({ event }) => event);
  });

const sandbox = { type: "providers", providers: ["sandbox"] };

/** The explanation and the event of each recipient, in the same words. */
function saidTwice(ways: Way[], events: MailEvent[]) {
  const ofWays = ways.map(({ recipient, rule, why: because, owner, redirectedTo }) => [
    recipient,
    { rule, because, owner, redirectedTo },
  ]);
  const ofEvents = events.flatMap((event) => {
    if (!("route" in event) || event.route === undefined) return [];
    const whom =
      event.type === "deadlettered" ? event.recipients : event.outcomes.map((one) => one.recipient);
    return whom.map((one) => [one, event.route]);
  });
  return { explained: Object.fromEntries(ofWays), recorded: Object.fromEntries(ofEvents) };
}

describe("given rules for tags, domains and fields", () => {
  const made: string[] = [];
  let login: Login & { id: string };
  beforeAll(async () => {
    const rules = [
      { when: { tags: ["news"], recipientDomains: ["sandbox.waybill.test"] }, then: sandbox },
      { when: { recipientDomains: ["no.test"] }, then: { type: "reject", reason: "not there" } },
      {
        name: "Drafts",
        when: { headers: [{ name: "X-Kind", equals: "draft" }] },
        then: { type: "redirect", to: "dev@ours.test" },
      },
    ];
    for (const rule of rules)
      made.push((await ask<{ id: string }>("POST", "/routing-rules", rule)).id);
    // Whoever knows the credential has read of the rules before it.
    login = await ask<Login & { id: string }>("POST", "/smtp-credentials", { name: "shop" });
    await until("the credential", () => loggedIn(login));
  });

  test("what becomes of a mail is what the explanation said", async () => {
    const recipients = ["delivered@sandbox.waybill.test", "a@no.test", "b@y.test"];
    const question = { from: "me@x.test", recipients, tags: ["news"], credential: login.id };
    const { items } = await ask<{ items: Way[] }>("POST", "/routing/explain", question);
    const id = await send(login, recipients, "X-Waybill-Tag: news\r\n");
    const { explained, recorded } = saidTwice(items, await eventsOf(id, 4));
    expect(recorded).toEqual(explained);
    expect(items.map(({ rule, owner }) => [rule, owner])).toEqual([
      [made[0], "tenant"],
      [made[1], undefined],
      [undefined, "environment"],
    ]);
    const { timeline } = await until("the view", async () => {
      const message = await ask<{ status: string; timeline: object[] }>("GET", `/messages/${id}`);
      return message.status === "partial" && message;
    });
    expect(timeline).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "deadlettered", route: recorded["a@no.test"] }),
        expect.objectContaining({ type: "delivered", route: recorded["b@y.test"] }),
      ]),
    );
    expect(sink.raws.map((mail) => mail.recipients)).toEqual([["b@y.test"]]);
  });

  test("a redirected mail reaches its address alone, and says for whom it was", async () => {
    const id = await send(login, ["c@y.test", "d@z.test"], "X-Kind: Draft\r\n");
    const [, delivered] = await eventsOf(id, 2);
    expect(delivered).toMatchObject({
      type: "delivered",
      outcomes: [{ recipient: "c@y.test" }, { recipient: "d@z.test" }],
      route: { rule: made[2], redirectedTo: "dev@ours.test" },
    });
    const last = sink.raws.at(-1);
    expect(last?.recipients).toEqual(["dev@ours.test"]);
    expect(last?.raw.toString()).toMatch(
      new RegExp(
        `^X-Waybill-Tenant: demo\r\nX-Waybill-Message-Id: ${id}\r\n` +
          "X-Waybill-Original-Recipient: c@y.test\r\nX-Waybill-Original-Recipient: d@z.test\r\nReceived: ",
      ),
    );
  });
});

test("mail of a credential for testing stays in the sandbox, also requeued after the rules changed", async () => {
  const login = await ask<Login>("POST", "/smtp-credentials", { name: "t", test: true });
  expect(login.password).toMatch(/^wb_test_/);
  const before = sink.received;
  const recipients = ["bounced@sandbox.waybill.test", "real@y.test"];
  const id = await until("the credential", () => send(login, recipients));
  expect(
    (await eventsOf(id, 4)).flatMap((event) => ("outcomes" in event ? event.route : [])),
  ).toEqual(
    Array.from({ length: 2 }, () => ({
      because: "handed in for testing: only the sandbox",
      owner: "builtin",
    })),
  );
  const rule = await ask<{ id: string }>("POST", "/routing-rules", { then: sandbox });
  const { items } = await ask<{ items: { id: string }[] }>("GET", "/routing-rules");
  const ids = items.map((one) => one.id).filter((one) => one !== rule.id);
  await ask("PUT", "/routing-rules/order", { ids: [rule.id, ...ids] });
  await until("the requeue", async () => {
    const answer = await ask<{ requeued: number }>("POST", "/dead-letters/reprocess", {
      ids: [id],
    });
    return answer.requeued === 1;
  });
  const events = await eventsOf(id, 7);
  expect(events.at(4)).toMatchObject({ type: "requeued", routing: { test: true } });
  expect(events.at(5)).toMatchObject({ type: "failed", route: { owner: "builtin" } });
  expect(sink.received).toBe(before);
});
