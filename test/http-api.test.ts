import { openHttpApi, type HttpApi, makeOutbound } from "@waybill/runtime/outbound";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "./src/esp/emulator.ts";

const quiet = { info: () => undefined, warn: () => undefined };
const outbound = makeOutbound({ allow: [], log: quiet });
const timeouts = { connect: 2000, headers: 300, body: 300, whole: 1000 };

let service: Emulator;
let api: HttpApi;

const open = (baseUrl: string, more: object = {}) =>
  openHttpApi({ baseUrl, concurrency: 2, outbound, isExempt: true, timeouts, ...more });
const post = (body: string | Buffer = "{}") =>
  api.ask({ method: "POST", path: "/send?x=1", headers: { authorization: "Bearer s" }, body });

beforeEach(async () => {
  service = await startEmulator(({ body }) => ({ status: 202, json: { octets: body.length } }));
  api = open(`${service.url}/v1`);
});
afterEach(async () => {
  api.close();
  await service.close();
});

describe("what a service answers", () => {
  it("is its reply, to what was asked under its base URL", async () => {
    expect(await post("hello")).toMatchObject({
      kind: "reply",
      status: 202,
      headers: { "content-type": "application/json" },
      text: '{"octets":5}',
    });
    const [asked] = service.asked;
    expect(asked).toMatchObject({ method: "POST", path: "/v1/send?x=1" });
    expect(asked?.headers).toMatchObject({ authorization: "Bearer s", "user-agent": "waybill" });
  });

  it("is not followed elsewhere", async () => {
    const headers = { location: `${service.url}/elsewhere` };
    service.fail({ kind: "answer", said: { status: 307, headers } });
    expect(await post()).toMatchObject({ kind: "reply", status: 307 });
    expect(service.asked).toHaveLength(1);
  });

  it("is read no further than 64 KiB", async () => {
    service.fail({ kind: "answer", said: { status: 200, text: "x".repeat(300_000) } });
    const answer = await post();
    expect(answer).toMatchObject({ kind: "reply" });
    expect(answer.kind === "reply" && answer.text.length).toBe(65_536);
  });

  it("is read no further than 64 KiB where it has no end", async () => {
    const endless = createServer((_, reply) => {
      const text = Readable.from(
        (function* () {
          for (;;) yield "x".repeat(10_000);
        })(),
      );
      reply.on("close", () => text.destroy());
      text.pipe(reply);
    }).listen(0, "127.0.0.1");
    await once(endless, "listening");
    api.close();
    api = open(`http://127.0.0.1:${(endless.address() as AddressInfo).port}`);
    const answer = await post();
    expect(answer).toMatchObject({ kind: "reply", status: 200 });
    expect(answer.kind === "reply" && answer.text.length).toBe(65_536);
    endless.close();
    await once(endless, "close");
  });
});

describe("what was begun and not answered is lost", () => {
  const large = Buffer.alloc(8 * 1024 * 1024);
  it.each([
    [{ kind: "reset", when: "before" }],
    [{ kind: "reset", when: "during" }],
    [{ kind: "reset", when: "after" }],
    [{ kind: "reset-in-reply" }],
    [{ kind: "hang-before-body" }],
    [{ kind: "hang-after-body" }],
  ] as const)("by %j", async (fault) => {
    service.fail(fault);
    expect(await post(large)).toMatchObject({ kind: "lost" });
    expect(await post()).toMatchObject({ kind: "reply" });
  });
});

describe("what was never begun is unsent", () => {
  it("where nobody listens", async () => {
    await service.close();
    expect(await post()).toMatchObject({ kind: "unsent", refused: false });
    service = await startEmulator(() => ({ status: 200 }));
  });

  it("where a tenant may not go", async () => {
    api.close();
    api = open(service.url, { isExempt: false });
    expect(await post()).toMatchObject({ kind: "unsent", refused: true });
    expect(service.asked).toHaveLength(0);
  });

  it("where TLS is asked of a server that has none", async () => {
    api.close();
    api = open(service.url.replace("http:", "https:"));
    expect(await post()).toMatchObject({ kind: "unsent", refused: false });
  });
});

it("asks no more at once than its connections, and all in the end", async () => {
  let most = 0;
  let now = 0;
  await service.close();
  service = await startEmulator(async () => {
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    now -= 1;
    return { status: 200 };
  });
  api.close();
  api = open(service.url);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post()));
  expect(answers.every(({ kind }) => kind === "reply")).toBe(true);
  expect(most).toBe(2);
});

it("is closed as often as it likes, and asked in between", async () => {
  expect(await post()).toMatchObject({ status: 202 });
  api.close();
  api.close();
  expect(await post()).toMatchObject({ status: 202 });
});
