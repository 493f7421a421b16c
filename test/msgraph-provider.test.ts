import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Attempt, Service } from "@waybill/actors";
import { msgraphProvider } from "@waybill/actors/services";
import { BodyDamaged } from "@waybill/runtime";
import { makeOutbound } from "@waybill/runtime/outbound";
import type { MsgraphProvider } from "@waybill/schemas";
import { GRAPH, graphError, startGraph, type GraphEmulator } from "./src/esp/msgraph.ts";
import type { Fault } from "./src/esp/emulator.ts";
import { until } from "./src/relay/until.ts";

const quiet = { info: () => undefined, warn: () => undefined };
const outbound = makeOutbound({ allow: [], log: quiet });
const timeouts = { connect: 2000, headers: 500, body: 500, whole: 3000 };
const NONE: Fault = { kind: "none" };

let graph: GraphEmulator;
let provider: Service;

const unseal = (sealed: string) => (sealed === "sealed" ? GRAPH.secret : sealed);

function open(change: Partial<MsgraphProvider> = {}, isExempt = true): Service {
  const settings: MsgraphProvider = {
    kind: "provider",
    type: "msgraph",
    id: "p",
    name: "p",
    concurrency: 4,
    sealedSecret: "sealed",
    baseUrl: graph.url,
    tokenUrl: `${graph.url}/${GRAPH.directory}/oauth2/v2.0/token`,
    directory: GRAPH.directory,
    clientId: GRAPH.clientId,
    mailbox: GRAPH.mailbox,
    ...change,
  };
  return msgraphProvider(settings, unseal, { outbound, isExempt, timeouts });
}

async function start(options: Parameters<typeof startGraph>[0] = {}): Promise<void> {
  graph = await startGraph(options);
  provider = open();
}

beforeEach(() => start());
afterEach(async () => {
  provider.close();
  await graph.close();
});

const HEAD = "From: us@contoso.test\r\nTo: one@x.test\r\nCc: stranger@x.test\r\n";
const REST =
  "Message-ID: <m1@here.test>\r\nX-Odd: \xe9\r\n\r\nline\r\n..dots\r\n.\r\nbytes \xe9\xff\r\n";
const latin = (text: string) => Buffer.from(text, "latin1");
const RAW = latin(`${HEAD}${REST}`);

function* damaged(): Generator<Buffer> {
  yield RAW;
  throw new BodyDamaged("it is not what was stored");
}

const attempt = (change: Partial<Attempt> = {}, raw = RAW): Attempt => ({
  tenant: "t1",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  attempt: 1,
  from: "us@contoso.test",
  recipients: ["one@x.test", "two@x.test"],
  size: raw.length,
  body: () => Readable.from([raw.subarray(0, 7), raw.subarray(7)]),
  ...change,
});

const send = (change: Partial<Attempt> = {}, raw = RAW) => provider.send(attempt(change, raw));
const classOf = async (change: Partial<Attempt> = {}, raw = RAW) => {
  const outcomes = await send(change, raw);
  const classes = new Set(outcomes.map((one) => one.class));
  expect(classes.size).toBe(1);
  return [...classes][0];
};
const asked = () => graph.asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);

describe("what goes out", () => {
  it("goes to the envelope and nobody else, the rest byte by byte", async () => {
    expect(await send()).toEqual(
      ["one@x.test", "two@x.test"].map((recipient) => ({
        recipient,
        class: "accepted",
        code: 202,
        response: "202 accepted",
        providerMessageId: "<m1@here.test>",
      })),
    );
    const top = "Bcc: two@x.test\r\nX-Relay-Id: 01HZZZZZZZZZZZZZZZZZZZZZZZ\r\n";
    const head = "From: us@contoso.test\r\nTo: one@x.test\r\n";
    expect(graph.sent).toEqual([
      { mime: latin(`${top}${head}${REST}`), recipients: ["one@x.test", "two@x.test"] },
    ]);
    expect(graph.held("drafts")).toEqual([]);
  });

  it.each([
    [latin("From: us@contoso.test\r\n\r\n"), "nothing but a From"],
    [latin(`${HEAD}\r\n${"x".repeat(2000)}\r\nbare\nfeed\r\n`), "long lines and bare feeds"],
    [Buffer.concat([latin(`${HEAD}\r\n`), Buffer.alloc(3_000_000, "\xff")]), "almost 3 MiB"],
  ])("of any bytes: %#", async (raw) => {
    expect(await classOf({}, raw)).toBe("accepted");
    const body = raw.subarray(raw.indexOf("\r\n\r\n"));
    expect(graph.sent[0]?.mime.subarray(-body.length).equals(body)).toBe(true);
  });

  it("has its Bcc where a draft does not take it from the header", async () => {
    await graph.close();
    await start({ keepsBcc: false });
    expect(await classOf()).toBe("accepted");
    expect(graph.sent[0]?.recipients).toEqual(["one@x.test", "two@x.test"]);
  });

  it("is not even asked of a message that is too large", async () => {
    expect(await classOf({ size: 3 * 1024 * 1024 + 1 })).toBe("permanent_message");
    expect(asked()).toEqual([]);
  });

  it("is nothing when the stored message is damaged", async () => {
    await expect(send({ body: () => Readable.from(damaged()) })).rejects.toThrow(BodyDamaged);
    expect(asked()).toEqual([]);
  });
});

describe("tokens", () => {
  it("are fetched once for all that is sent", async () => {
    await Promise.all(Array.from({ length: 8 }, () => send()));
    await send();
    expect(graph.sent).toHaveLength(9);
    expect(graph.tokens).toHaveLength(1);
  });

  it("that are refused are fetched again, once", async () => {
    await send();
    graph.revoke();
    expect(await classOf()).toBe("accepted");
    expect(graph.tokens).toHaveLength(2);
  });

  it("that are refused though new are about the login", async () => {
    const said = graphError(401, "InvalidAuthenticationToken");
    graph.fail(NONE, { kind: "answer", said });
    expect(await classOf()).toBe("auth");
    expect(graph.tokens).toHaveLength(1);
  });

  it.each([
    [{ sealedSecret: "wrong" }, "auth"],
    [{ clientId: "stranger" }, "auth"],
    [{ tokenUrl: "http://127.0.0.1:1/token" }, "retry"],
  ])("that are not to be had with %j: %s", async (change, expected) => {
    provider = open(change);
    const outcomes = await send();
    expect(outcomes.map((one) => one.class)).toEqual([expected, expected]);
    expect(JSON.stringify(outcomes)).not.toContain("wrong");
    expect(graph.sent).toEqual([]);
  });

  it.each<[Fault, string]>([
    [{ kind: "answer", said: { status: 503, headers: { "retry-after": "7" } } }, "retry"],
    [{ kind: "hang-after-body" }, "retry"],
    [{ kind: "reset", when: "after" }, "retry"],
    [{ kind: "answer", said: { status: 200, text: "<html>" } }, "retry"],
    [{ kind: "answer", said: { status: 302, headers: { location: "/x" } } }, "config"],
  ])("whose endpoint does %j: %s, never auth", async (fault, expected) => {
    graph.fail(fault);
    expect(await classOf()).toBe(expected);
    expect(await classOf()).toBe("accepted");
  });

  it("are not asked of a host that is not allowed", async () => {
    provider = open({}, false);
    expect(await classOf()).toBe("config");
    expect(asked()).toEqual([]);
  });
});

describe("an error", () => {
  test.each([
    [400, "ErrorMimeContentInvalidBase64String", "permanent_message"],
    [400, "ErrorInvalidRecipients", "permanent_message"],
    [403, "ErrorAccessDenied", "config"],
    [403, "ErrorSendAsDenied", "config"],
    [403, "WhoKnows", "config"],
    [403, "ErrorExceededMessageLimit", "quota"],
    [404, "MailboxNotEnabledForRESTAPI", "config"],
    [413, "", "permanent_message"],
    [429, "ApplicationThrottled", "throttled"],
    [503, "ErrorServerBusy", "retry"],
    [504, "", "retry"],
    [400, "WhoKnows", "retry"],
  ])("%i %s of the draft is %s", async (status, code, expected) => {
    graph.fail(NONE, { kind: "answer", said: graphError(status, code) });
    expect(await classOf()).toBe(expected);
    expect(graph.sent).toEqual([]);
  });

  test("of one recipient is the recipient's", async () => {
    graph.fail(NONE, { kind: "answer", said: graphError(400, "ErrorInvalidRecipients") });
    expect(await classOf({ recipients: ["one@x.test"] })).toBe("permanent_recipient");
  });

  test("says how long to wait", async () => {
    const said = { ...graphError(429, "ApplicationThrottled"), headers: { "retry-after": "9" } };
    graph.fail(NONE, { kind: "answer", said });
    expect(await send()).toMatchObject([{ retryAfterMs: 9000, code: 429 }, {}]);
  });

  test.each([
    [403, "ErrorSendAsDenied", "config"],
    [429, "ApplicationThrottled", "throttled"],
    [503, "ErrorServerBusy", "retry"],
  ])("%i %s of sending is %s, and leaves no draft", async (status, code, expected) => {
    graph.fail(NONE, NONE, { kind: "answer", said: graphError(status, code) });
    expect(await classOf()).toBe(expected);
    expect(graph.held("drafts")).toEqual([]);
    expect(graph.sent).toEqual([]);
  });
});

describe("no answer", () => {
  it.each<Fault>([
    { kind: "reset", when: "before" },
    { kind: "reset", when: "after" },
    { kind: "hang-after-body" },
    { kind: "reset-in-reply" },
    { kind: "answer", said: { status: 201, text: "junk" } },
  ])("to the draft: nothing was sent (%j)", async (fault) => {
    graph.fail(NONE, fault);
    expect(await classOf()).toBe("retry");
    expect(await classOf({ attempt: 2 })).toBe("accepted");
    expect(graph.sent).toHaveLength(1);
    expect(graph.held("drafts")).toEqual([]);
  });

  it.each<Fault>([{ kind: "reset", when: "after" }, { kind: "hang-after-body" }])(
    "to sending, and the draft is still there: nothing was sent (%j)",
    async (fault) => {
      graph.fail(NONE, NONE, fault);
      expect(await classOf()).toBe("retry");
      expect(graph.held("drafts")).toEqual([]);
      expect(graph.sent).toEqual([]);
    },
  );

  it.each<Fault>([{ kind: "reset-in-reply" }])(
    "to sending, and it is in Sent Items: it was sent (%j)",
    async (fault) => {
      graph.fail(NONE, NONE, fault);
      expect(await classOf()).toBe("accepted");
      expect(graph.sent).toHaveLength(1);
    },
  );

  it.each([
    ["to the draft: nothing was sent", 2, "retry"],
    ["to sending: nobody knows, until the next attempt looks", 3, "ambiguous"],
  ] as const)("that is waited for, %s", async (_, requests, expected) => {
    const cut = new AbortController();
    graph.fail(...Array.from({ length: requests - 1 }, () => NONE), { kind: "hang-after-body" });
    const sending = classOf({ signal: cut.signal });
    await until("the request", () => graph.asked.length === requests);
    cut.abort(new Error("the relay was stopped"));
    expect(await sending).toBe(expected);
    expect(graph.asked).toHaveLength(requests);
    expect(await classOf({ attempt: 2 })).toBe("accepted");
    expect(graph.sent).toHaveLength(1);
  });

  it("to sending, and the draft is gone: nobody knows, until the next attempt looks", async () => {
    const nothing = { status: 200, json: { value: [] } };
    graph.fail(NONE, NONE, { kind: "reset-in-reply" }, { kind: "answer", said: nothing });
    expect(await classOf()).toBe("ambiguous");
    expect(graph.sent).toHaveLength(1);
    expect(await classOf({ attempt: 2 })).toBe("accepted");
    expect(graph.sent).toHaveLength(1);
  });

  it("to any question: nobody knows", async () => {
    const silence: Fault = { kind: "reset", when: "after" };
    graph.fail(NONE, NONE, { kind: "reset-in-reply" }, silence, silence);
    expect(await classOf()).toBe("ambiguous");
  });

  it("but what was sent to others is no answer for these", async () => {
    await send({ recipients: ["one@x.test"] });
    expect(await classOf({ attempt: 2, recipients: ["two@x.test"] })).toBe("accepted");
    expect(graph.sent.map(({ recipients }) => recipients)).toEqual([
      ["one@x.test"],
      ["two@x.test"],
    ]);
  });

  it("to the look before another attempt: nothing is sent blindly", async () => {
    await send();
    graph.fail({ kind: "answer", said: graphError(503, "ErrorServerBusy") });
    expect(await classOf({ attempt: 2 })).toBe("retry");
    expect(graph.sent).toHaveLength(1);
  });
});

describe("a test of the settings", () => {
  it("asks after the mailbox and sends nothing", async () => {
    expect(await provider.verify()).toMatchObject({ success: true });
    expect(asked().at(-1)).toBe("GET /v1.0/users/us%40contoso.test/mailFolders/drafts");
    expect(graph.held("drafts")).toEqual([]);
  });

  it.each([
    [{ sealedSecret: "wrong" }, "auth"],
    [{ mailbox: "nobody@contoso.test" }, "protocol"],
    [{ tokenUrl: "http://127.0.0.1:1/token" }, "unreachable"],
    [{ baseUrl: "http://127.0.0.1:1" }, "unreachable"],
  ])("with %j finds %s", async (change, code) => {
    provider = open(change);
    expect(await provider.verify()).toMatchObject({ success: false, code });
  });
});
