import { Readable } from "node:stream";
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerOptions } from "smtp-server";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Attempt, smtpProvider } from "@waybill/actors";
import { makeOutbound } from "@waybill/runtime/outbound";
import type { TokenLogin } from "@waybill/schemas";
import {
  type Asked,
  type Emulator,
  type Fault,
  type Said,
  startEmulator,
} from "./src/esp/emulator.ts";
import { listen } from "./src/mail/smtp-server-peer.ts";

const quiet = { info: () => undefined, warn: () => undefined };
const outbound = makeOutbound({ allow: ["127.0.0.0/8"], log: quiet });
const timeouts = { connect: 2000, headers: 500, body: 500, whole: 3000 };
const UNKNOWN: Fault = {
  kind: "answer",
  said: {
    status: 400,
    json: { error: "invalid_grant", error_description: "for refresh-1 s3cret" },
  },
};

let endpoint: Emulator;
let issued: string[];
let valid: Set<string>;
let received: number;
let logins: string[];
let connections: number;

function token(asked: Asked): Said {
  const form = new URLSearchParams(asked.body.toString());
  if (form.get("client_id") !== "client" || asked.path !== "/oauth/token?v=2")
    return { status: 401, json: { error: "invalid_client" } };
  const value = `token-${issued.length + 1}`;
  issued.push(value);
  valid.add(value);
  const next = form.get("refresh_token")?.replace(/\d+$/, (n) => String(Number(n) + 1));
  const json = { access_token: value, token_type: "Bearer", expires_in: 3600, refresh_token: next };
  return { status: 200, json };
}

beforeEach(async () => {
  [issued, valid, logins, received, connections] = [[], new Set(), [], 0, 0];
  endpoint = await startEmulator(token);
  onTestFinished(() => endpoint.close());
});

type Refusal = "challenge" | "bare" | "closing";

/** A server that asks for a valid token, and refuses others as Gmail does, as Exchange does, or by leaving. */
async function server(refusal: Refusal, more: SMTPServerOptions = {}): Promise<number> {
  const onAuth = (
    { method, username, accessToken = "" }: SMTPServerAuthentication,
    session: { id: string },
    done: (error: Error | null, answer?: { user?: string; data?: object }) => void,
  ) => {
    logins.push(`${method} ${String(username)} ${accessToken}`);
    if (valid.has(accessToken)) return done(null, { user: String(username) });
    if (refusal === "challenge") return done(null, { data: { status: "401", schemes: "bearer" } });
    const error = Object.assign(new Error("5.7.3 Authentication unsuccessful"), {
      responseCode: 535,
    });
    done(error);
    if (refusal === "closing") setImmediate(() => smtp.connections.forEach((one) => one.close()));
  };
  const smtp = new SMTPServer({
    authMethods: ["XOAUTH2", "PLAIN"],
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onConnect: (_session, done) => ((connections += 1), done()),
    onAuth,
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on("end", () => ((received += 1), done()));
    },
    ...more,
  });
  smtp.on("error", () => undefined);
  return listen(smtp);
}

const BY_CLIENT = { grant: "client_credentials", sealedClientSecret: "s3cret" } as const;
const BY_REFRESH = { grant: "refresh_token", sealedRefreshToken: "refresh-1" } as const;

function providerTo(port: number, change: Partial<TokenLogin> = {}, isExempt = false) {
  const auth = {
    method: "XOAUTH2",
    username: "ann@x.test",
    tokenUrl: `${endpoint.url}/oauth/token?v=2`,
    clientId: "client",
    ...("grant" in change ? {} : BY_CLIENT),
    ...change,
  } as TokenLogin;
  const smtp = { host: "127.0.0.1", port, tls: "none", verify: false, auth } as const;
  const provider = { kind: "provider", type: "smtp", id: "p", name: "p", concurrency: 1 } as const;
  const way = { outbound, isExempt, timeouts };
  const open = smtpProvider(
    { ...provider, smtp },
    (sealed) => sealed,
    isExempt ? undefined : outbound,
    way,
  );
  onTestFinished(() => open.close());
  return async () => {
    const [outcome] = await open.send(ATTEMPT);
    return outcome;
  };
}

const RAW = "To: one@y.test\r\n\r\nhi\r\n";
const ATTEMPT: Attempt = {
  tenant: "t1",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  attempt: 1,
  from: "ann@x.test",
  recipients: ["one@y.test"],
  size: RAW.length,
  body: () => Readable.from([Buffer.from(RAW)]),
};

describe("a login by token", () => {
  it.each([false, true])(
    "uses one of ours over connections that are kept (operator's: %s)",
    async (isExempt) => {
      const send = providerTo(await server("challenge"), {}, isExempt);
      expect(await send()).toMatchObject({ class: "accepted" });
      expect(await send()).toMatchObject({ class: "accepted" });
      expect(logins).toEqual(["XOAUTH2 ann@x.test token-1"]);
      const [asked] = endpoint.asked;
      expect(asked?.body.toString()).toBe(
        "grant_type=client_credentials&client_id=client&client_secret=s3cret",
      );
      expect([received, connections, endpoint.asked.length]).toEqual([2, 1, 1]);
    },
  );

  it("has the scope that it was given, and no secret of a public client", async () => {
    const scope = "https://outlook.office.com/SMTP.Send offline_access";
    await providerTo(await server("bare"), { ...BY_REFRESH, scope })();
    const [asked] = endpoint.asked;
    expect(Object.fromEntries(new URLSearchParams(asked?.body.toString()))).toEqual({
      grant_type: "refresh_token",
      client_id: "client",
      refresh_token: "refresh-1",
      scope,
    });
  });

  it.each<Refusal>(["challenge", "bare"])(
    "whose token is refused (%s) has it renewed, by the newest refresh token",
    async (refusal) => {
      const send = providerTo(await server(refusal, { onMailFrom: goingAt(2) }), BY_REFRESH);
      expect(await send()).toMatchObject({ class: "accepted" });
      valid.clear();
      expect(await send()).toMatchObject({ class: "accepted" });
      expect(issued).toEqual(["token-1", "token-2"]);
      const last = endpoint.asked.at(-1)?.body.toString();
      expect(last).toContain("refresh_token=refresh-2");
      expect(logins).toEqual([1, 1, 2].map((nth) => `XOAUTH2 ann@x.test token-${nth}`));
    },
  );

  it.each<Refusal>(["challenge", "bare"])(
    "whose renewed token is refused too (%s) is no login",
    async (refusal) => {
      const send = providerTo(await server(refusal));
      const stale: Fault = {
        kind: "answer",
        said: { status: 200, json: { access_token: "stale" } },
      };
      endpoint.fail(stale, stale);
      const outcome = await send();
      expect(outcome).toMatchObject({ class: "auth", code: 535 });
      expect(JSON.stringify(outcome)).not.toMatch(/stale|s3cret/);
      expect([logins.length, endpoint.asked.length]).toEqual([2, 2]);
    },
  );

  it("that is refused by a server that leaves is begun again with a new token", async () => {
    const send = providerTo(await server("closing"));
    endpoint.fail({ kind: "answer", said: { status: 200, json: { access_token: "stale" } } });
    expect(await send()).toMatchObject({ class: "accepted" });
    expect(logins).toEqual(["XOAUTH2 ann@x.test stale", "XOAUTH2 ann@x.test token-1"]);
  });

  it("that cannot be renewed because the endpoint is away is tried again later", async () => {
    const send = providerTo(await server("bare"));
    const stale = { status: 200, json: { access_token: "stale" } };
    endpoint.fail({ kind: "answer", said: stale }, { kind: "answer", said: { status: 503 } });
    expect(await send()).toMatchObject({ class: "retry" });
    expect(await send()).toMatchObject({ class: "accepted" });
  });
});

/** Ends the session at the nth MAIL, so that its message needs another. */
function goingAt(nth: number): NonNullable<SMTPServerOptions["onMailFrom"]> {
  let at = 0;
  return (_address, _session, done) => {
    at += 1;
    done(at === nth ? Object.assign(new Error("4.3.2 going"), { responseCode: 421 }) : null);
  };
}

describe("without a token", () => {
  it.each<[Fault, string]>([
    [UNKNOWN, "auth"],
    [{ kind: "answer", said: { status: 401, json: { error: "invalid_client" } } }, "auth"],
    [{ kind: "answer", said: { status: 503 } }, "retry"],
    [{ kind: "answer", said: { status: 429, headers: { "retry-after": "3" } } }, "retry"],
    [{ kind: "reset", when: "after" }, "retry"],
    [{ kind: "hang-after-body" }, "retry"],
    [{ kind: "answer", said: { status: 200, text: "<html>" } }, "retry"],
  ])("(%j) it is %s, and nobody is connected to", async (fault, expected) => {
    const send = providerTo(await server("bare"), BY_REFRESH);
    endpoint.fail(fault);
    const outcome = await send();
    expect(outcome).toMatchObject({ class: expected });
    expect(JSON.stringify(outcome)).not.toMatch(/refresh-1/);
    expect(connections).toBe(0);
    expect(await send()).toMatchObject({ class: "accepted" });
  });

  it("because the endpoint is not allowed: the settings are wrong", async () => {
    const strict = makeOutbound({ allow: [], log: quiet });
    const smtp = {
      host: "127.0.0.1",
      port: 1,
      tls: "none",
      verify: false,
      auth: {
        method: "XOAUTH2",
        username: "u",
        tokenUrl: endpoint.url,
        clientId: "c",
        ...BY_CLIENT,
      },
    } as const;
    const base = { kind: "provider", type: "smtp", id: "p", name: "p", concurrency: 1 } as const;
    const provider = smtpProvider({ ...base, smtp }, (sealed) => sealed, strict, {
      outbound: strict,
    });
    onTestFinished(() => provider.close());
    expect((await provider.send(ATTEMPT))[0]).toMatchObject({ class: "config" });
    expect(endpoint.asked).toEqual([]);
  });
});
