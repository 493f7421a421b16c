import { newMessageId, replay, STREAMS } from "@waybill/runtime";
import { firstUlidOf, type FeedbackEvent } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";
import {
  BOUNCES,
  generic,
  mailgun,
  postmark,
  resend,
  sendgrid,
  type Sender,
  type Sent,
  ses,
} from "./testing/calls.ts";
import { newSigner, signedBy, type Signer, TOPIC } from "./testing/sns.ts";

const TO = "Bob@x.test";
const HOUR = 3_600_000;
type Kind = keyof typeof BOUNCES;
const KINDS = Object.keys(BOUNCES) as Kind[];
type Hook = { id: string; url: string; counts: Record<string, number> };

let world: World;
let signer: Signer;
let fetched: string[] = [];
/** Milliseconds that the clock of the API is ahead. */
let ahead = 0;

beforeAll(async () => {
  signer = await newSigner();
  const fetchText = async (url: string) => {
    fetched.push(url);
    return signer.cert;
  };
  world = await startWorld({ fetchText, now: () => new Date(Date.now() + ahead) });
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

const senderOf = (kind: Kind): Sender =>
  ({ sendgrid, mailgun, postmark, resend, generic, ses: () => ses(signer) })[kind]();

async function hookOf(sender: Sender, tenant = "a"): Promise<Hook> {
  const request = { method: "POST", url: "/api/v1/hooks", payload: sender.settings } as const;
  return jsonOf<Hook>(await world.as(tenant, request), 201);
}
const call = (hook: Hook, { headers, payload }: Sent) =>
  world.app.inject({ method: "POST", url: new URL(hook.url).pathname, headers, payload });

const messageOf = (tenant: string, ...more: string[]): Promise<string> => {
  const recipients = [TO, ...more].map((address) => ({ address, status: "delivered" as const }));
  return tell(world, tenant, { recipients });
};

/** The feedback that the log holds of a tenant. */
async function feedback(tenant: string): Promise<FeedbackEvent[]> {
  const found: FeedbackEvent[] = [];
  const filters = [`mail.fact.*.${tenant}.*`];
  for await (const one of replay(world.deps.nats, { stream: STREAMS.mail, filters })) {
    const event = one.json<FeedbackEvent>();
    if ("origin" in event) found.push(event);
  }
  return found;
}
const of = async (tenant: string, id: string) =>
  (await feedback(tenant)).filter(({ messageId }) => messageId === id);
const countsOf = async ({ id }: Hook, tenant = "a") =>
  jsonOf<Hook>(await world.get(tenant, `/api/v1/hooks/${id}`), 200).counts;

it("a call of very many events is refused, and counted, before any is recorded", async () => {
  const [sender, id] = [sendgrid(), await messageOf("a")];
  const hook = await hookOf(sender);
  const event = { event: "open", email: TO, timestamp: 1_767_323_045, relay_id: id };
  const events = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ ...event, sg_event_id: String(at) }));
  const answer = await call(hook, sender.send(events(10_001)));
  expect(answer.json()).toMatchObject({ code: "too_many_events", status: 413 });
  expect(await of("a", id)).toEqual([]);
  expect(await countsOf(hook)).toMatchObject({ recorded: 0, tooMany: 1 });
  const most = [...events(9_999).map((one) => ({ ...one, relay_id: undefined })), event];
  expect((await call(hook, sender.send(most))).statusCode).toBe(200);
});

describe.each(KINDS)("a webhook of %s", (kind) => {
  it("records what its provider tells of the tenant's mail, once", async () => {
    const [sender, id] = [senderOf(kind), await messageOf("a")];
    const hook = await hookOf(sender);
    expect(hook.url).toContain(`/hooks/${kind}/`);
    const sent = sender.send(BOUNCES[kind](id, TO.toLowerCase()));
    const answer = await call(hook, sent);
    expect(answer.json()).toEqual({ recorded: 1, repeated: 0, ignored: 0, unknown: 0 });
    expect(answer.statusCode).toBe(200);
    const [event, ...others] = await of("a", id);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: "bounced",
      recipient: TO,
      isHard: true,
      category: "invalid_recipient",
      enhanced: "5.1.1",
      origin: { source: "webhook", binding: hook.id },
    });
    expect((await call(hook, sent)).json()).toMatchObject({ recorded: 0, repeated: 1 });
    expect(await of("a", id)).toHaveLength(1);
    expect(await countsOf(hook)).toMatchObject({ recorded: 1, repeated: 1, forged: 0 });
  });

  it("refuses what another signed, and what is not signed, and counts it", async () => {
    const [sender, id] = [senderOf(kind), await messageOf("a")];
    const hook = await hookOf(sender);
    const forged = await call(hook, { headers: { "content-type": "text/plain" }, payload: "{}" });
    expect(forged.json()).toMatchObject({ code: "hook_forged", status: 401 });
    const stranger = ses(await newSigner());
    const another = kind === "ses" ? stranger : senderOf(kind);
    expect((await call(hook, another.send(BOUNCES[kind](id, TO)))).statusCode).toBe(401);
    expect(await of("a", id)).toEqual([]);
    expect((await countsOf(hook))["forged"]).toBe(2);
  });

  it("changes nothing of another tenant's mail, however well it is signed", async () => {
    const [sender, id] = [senderOf(kind), await messageOf("a")];
    const hook = await hookOf(sender, "b");
    const before = await feedback("a");
    const answer = await call(hook, sender.send(BOUNCES[kind](id, TO)));
    const status = { mailgun: 406, postmark: 403 }[kind as string] ?? 200;
    expect(answer.statusCode).toBe(status);
    const never = await call(hook, sender.send(BOUNCES[kind](newMessageId(), TO)));
    expect(never.body).toBe(answer.body);
    expect(await feedback("a")).toEqual(before);
    expect(await of("b", id)).toEqual([]);
    expect(await countsOf(hook, "b")).toMatchObject({ recorded: 0, unknown: 2 });
    expect((await world.get("a", `/api/v1/hooks/${hook.id}`)).statusCode).toBe(404);
  });

  it("speaks of recipients of the envelope only, and ignores mail that is not ours", async () => {
    const [sender, id] = [senderOf(kind), await messageOf("a", "carl@x.test")];
    const hook = await hookOf(sender);
    await call(hook, sender.send(BOUNCES[kind](id, "stranger@x.test")));
    const text = JSON.stringify(BOUNCES[kind](id, TO)).replaceAll(
      /relay_id|"messageId"/g,
      '"other"',
    );
    const foreign = JSON.parse(text.replaceAll('""other""', '"other"')) as object;
    const answer = await call(hook, sender.send(foreign));
    expect(answer.json()).toMatchObject({ ignored: 1, recorded: 0 });
    expect(await of("a", id)).toEqual([]);
  });
});

it.each(["sendgrid", "resend", "generic", "ses"] as const)(
  "a call of %s with one byte changed is refused",
  async (kind) => {
    const [sender, id] = [senderOf(kind), await messageOf("a")];
    const hook = await hookOf(sender);
    const sent = sender.send(BOUNCES[kind](id, TO));
    const altered = { ...sent, payload: sent.payload.replace("5.1.1", "4.1.1") };
    expect((await call(hook, altered)).statusCode).toBe(401);
    expect(await of("a", id)).toEqual([]);
  },
);

it("a call to no webhook, to one of another kind, and to one that is gone, is to nothing", async () => {
  const sender = generic();
  const hook = await hookOf(sender);
  const sent = sender.send({ events: [] });
  const at = (url: string) => world.app.inject({ method: "POST", url, ...sent });
  expect((await at("/hooks/generic/nobody")).statusCode).toBe(404);
  expect((await at(`/hooks/resend/${hook.id}`)).statusCode).toBe(404);
  await world.as("a", { method: "DELETE", url: `/api/v1/hooks/${hook.id}` });
  expect((await at(`/hooks/generic/${hook.id}`)).statusCode).toBe(404);
});

it("a call of more than 5 MB is refused before it is looked at", async () => {
  const sender = generic();
  const hook = await hookOf(sender);
  const huge = sender.send({ events: ["x".repeat(5 * 1024 * 1024)] });
  expect((await call(hook, huge)).statusCode).toBe(413);
  const large = sender.send({ events: ["x".repeat(4 * 1024 * 1024)] });
  expect((await call(hook, large)).json()).toMatchObject({ ignored: 1 });
});

it("calls of one tenant's webhooks are limited before their bodies are read, as its requests are", async () => {
  await using other = await startWorld();
  const sender = generic();
  const request = { method: "POST", url: "/api/v1/hooks", payload: sender.settings } as const;
  const [one, two] = [await other.as("a", request), await other.as("b", request)];
  const [ours, theirs] = [jsonOf<Hook>(one, 201), jsonOf<Hook>(two, 201)];
  other.deps.config.WAYBILL_API_MAX_REQUESTS_PER_MINUTE = 2;
  const statusOf = async ({ url }: Hook) => {
    const to = { method: "POST", url: new URL(url).pathname } as const;
    return (await other.app.inject({ ...to, ...sender.send({ events: [{}] }) })).statusCode;
  };
  const all = [await statusOf(ours), await statusOf(ours), await statusOf(ours)];
  expect([...all, await statusOf(theirs)]).toEqual([200, 200, 429, 200]);
});

it("what is signed and not understood is refused, and not said to be forged", async () => {
  const sender = sendgrid();
  const hook = await hookOf(sender);
  expect((await call(hook, sender.send({ not: "an array" }))).statusCode).toBe(403);
  expect(await countsOf(hook)).toMatchObject({ malformed: 1, forged: 0 });
});

it("a token of Mailgun's is good for one thing only", async () => {
  const [sender, id] = [mailgun(), await messageOf("a")];
  const hook = await hookOf(sender);
  const signature = sender.sign("t".repeat(50));
  const say = (event: object): Sent => ({
    headers: { "content-type": "application/json" },
    payload: JSON.stringify({ signature, "event-data": event }),
  });
  expect((await call(hook, say({ event: "accepted" }))).json()).toMatchObject({ ignored: 1 });
  const forged = await call(hook, say(BOUNCES.mailgun(id, TO)));
  expect(forged.json()).toMatchObject({ code: "hook_rejected", status: 406 });
  expect(await of("a", id)).toEqual([]);
  expect((await countsOf(hook))["replayed"]).toBe(1);
});

it("a batch records what is the tenant's, and counts the rest", async () => {
  const sender = sendgrid();
  const [own, foreign] = [await messageOf("a"), await messageOf("b")];
  const hook = await hookOf(sender);
  const batch = [own, foreign].flatMap((id) => BOUNCES.sendgrid(id, TO) as object[]);
  const answer = await call(hook, sender.send([...batch, { event: "processed" }, 7]));
  expect(answer.json()).toEqual({ recorded: 1, repeated: 0, ignored: 2, unknown: 1 });
  expect(await of("b", foreign)).toEqual([]);
});

it("while the views lack the tenant's last mail, or are of another log, what is told of it is to be told again", async () => {
  const sender = sendgrid();
  const hook = await hookOf(sender, "b");
  const id = newMessageId();
  await messageOf("b");
  await world.engines.owner.query("UPDATE checkpoint SET seq = 0 WHERE name = 'views'");
  const sent = sender.send(BOUNCES.sendgrid(id, TO));
  expect((await call(hook, sent)).statusCode).toBe(503);
  await world.engines.owner.query("UPDATE checkpoint SET seq = 1000000 WHERE name = 'views'");
  expect((await call(hook, sent)).statusCode).toBe(503);
  await messageOf("b");
  expect((await call(hook, sent)).json()).toMatchObject({ unknown: 1 });
});

it("views that are made from the beginning hold nothing of a tenant's yet, however old: what is told is to be told again", async () => {
  const sender = postmark();
  const hook = await hookOf(sender, "b");
  const [id, before] = [newMessageId(), firstUlidOf(Date.now() - HOUR)];
  await messageOf("b");
  await world.engines.owner.query("UPDATE checkpoint SET seq = 0 WHERE name = 'views'");
  const bounce = (message: string) => call(hook, sender.send(BOUNCES.postmark(message, TO)));
  ahead = HOUR;
  expect((await bounce(id)).statusCode).toBe(503);
  // Of what was accepted before the log began they lack nothing.
  expect((await bounce(before)).statusCode).toBe(403);
  ahead = 0;
  await messageOf("b");
});

const secretOf = ({ settings }: Sender) => (settings as { secret: string }).secret;

it("a secret that was replaced is good for as long as it is said to be", async () => {
  const [old, fresh] = [generic(), generic()];
  const hook = await hookOf(old);
  const patch = (payload: object) =>
    world.as("a", { method: "PATCH", url: `/api/v1/hooks/${hook.id}`, payload });
  const sends = async (sender: Sender) =>
    (await call(hook, sender.send({ events: [{}] }))).statusCode;
  await patch({ secret: secretOf(fresh), previousSecret: secretOf(old) });
  await patch({ name: "ours" });
  expect([await sends(old), await sends(fresh)]).toEqual([200, 200]);
  await patch({ previousSecret: null });
  expect([await sends(old), await sends(fresh)]).toEqual([401, 200]);
});

describe("a webhook of SES", () => {
  const confirmation = {
    Type: "SubscriptionConfirmation",
    Token: "a token",
    SubscribeURL: "https://169.254.169.254/latest/meta-data",
  };

  it("confirms the subscription of its own topic, at Amazon's address, whatever the message says", async () => {
    const sender = ses(signer);
    const hook = await hookOf(sender);
    fetched = [];
    expect((await call(hook, sender.sendAs(confirmation))).statusCode).toBe(200);
    const last = new URL(fetched.at(-1) ?? "");
    expect(last.host).toBe("sns.eu-central-1.amazonaws.com");
    expect(Object.fromEntries(last.searchParams)).toEqual({
      Action: "ConfirmSubscription",
      TopicArn: TOPIC,
      Token: "a token",
    });
  });

  it("neither takes nor confirms another topic, well signed as it is", async () => {
    const sender = ses(signer);
    const hook = await hookOf(sender);
    fetched = [];
    const TopicArn = TOPIC.replace("123456789012", "210987654321");
    expect((await call(hook, sender.sendAs({ ...confirmation, TopicArn }))).statusCode).toBe(403);
    expect((await call(hook, sender.sendAs({ TopicArn }))).statusCode).toBe(403);
    expect(fetched).toEqual([]);
    expect((await countsOf(hook))["foreignTopic"]).toBe(2);
  });

  it("fetches a certificate from nowhere but SNS", async () => {
    const sender = ses(signer);
    const hook = await hookOf(sender);
    fetched = [];
    const SigningCertURL = "https://sns.eu-central-1.amazonaws.com.evil.test/x.pem";
    const forged = { ...signedBy(signer, {}), SigningCertURL };
    const answer = await call(hook, { headers: {}, payload: JSON.stringify(forged) });
    expect(answer.statusCode).toBe(401);
    expect(fetched).toEqual([]);
  });

  it("refuses signatures with SHA-1 where it is set to, and takes them elsewhere", async () => {
    const sender = ses(signer);
    const [lax, strict] = [
      await hookOf(sender),
      await hookOf({ ...sender, settings: { ...sender.settings, onlyVersion2: true } }),
    ];
    const sent = () => sender.sendAs({ SignatureVersion: "1" });
    expect((await call(lax, sent())).statusCode).toBe(200);
    expect((await call(strict, sent())).statusCode).toBe(401);
  });

  it("is to be called again while Amazon does not answer", async () => {
    await using other = await startWorld({
      fetchText: async () => Promise.reject(new Error("away")),
    });
    const sender = ses(signer);
    const request = { method: "POST", url: "/api/v1/hooks", payload: sender.settings } as const;
    const hook = jsonOf<Hook>(await other.as("a", request), 201);
    const sent = sender.send(BOUNCES.ses(newMessageId(), TO));
    const url = new URL(hook.url).pathname;
    const answer = await other.app.inject({ method: "POST", url, ...sent });
    expect(answer.statusCode).toBeGreaterThanOrEqual(500);
  });
});
