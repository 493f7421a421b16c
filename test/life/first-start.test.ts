import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { get, walk } from "../src/faults/views.ts";
import { makeRelay, type Relay } from "../src/relay/relay.ts";
import { sendOne } from "../src/relay/send-one.ts";
import { until } from "../src/relay/until.ts";

let relay: Relay;

beforeAll(async () => {
  relay = await makeRelay();
  const begun = performance.now();
  await relay.start();
  console.log(`ready after ${Math.round(performance.now() - begun)} ms`);
});
afterAll(() => relay.discard());

const lines = () =>
  relay.output
    .join("")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("one line of JSON says that it is ready, and where", () => {
  expect(lines().filter(({ msg }) => msg === "ready")).toEqual([
    expect.objectContaining({
      level: "info",
      host: "127.0.0.1",
      smtp: relay.smtpPort,
      smtps: relay.smtpsPort,
      api: relay.apiPort,
      stages: ["ingress", "actors", "projections", "api"],
      pid: relay.pid,
    }),
  ]);
});

test("the credentials of the first tenant are in a file for its owner alone", () => {
  expect(statSync(join(relay.data, "credentials.json")).mode & 0o777).toBe(0o600);
  const secret = expect.stringMatching(/^[\w-]{24,}$/);
  expect(relay.credentials).toEqual({
    tenant: "demo",
    smtp: { host: "127.0.0.1", port: relay.smtpPort, username: "demo", password: secret },
    api: {
      url: `http://127.0.0.1:${relay.apiPort}`,
      key: expect.stringMatching(/^wb_live_demo_[\w-]{24,}$/),
    },
    admin: { email: "admin@waybill.local", password: secret },
  });
});

test("a first mail goes through, and a second start keeps it and the credentials", async () => {
  const id = await sendOne(relay, "first", "delivered@sandbox.waybill.test");
  const look = () => get<{ status: string }>(relay, `/api/v1/messages/${id}`);
  await until("delivery", async () => (await look()).status === "delivered");
  const { credentials } = relay;
  expect(await relay.stop()).toBe(0);
  await relay.start();
  expect(relay.credentials).toEqual(credentials);
  expect((await look()).status).toBe("delivered");
  const second = await sendOne(relay, "first", "delivered@sandbox.waybill.test");
  await until("two messages", async () => (await walk(relay, "messages")).length === 2);
  expect((await walk(relay, "messages")).map((one) => one.id)).toEqual([second, id]);
});
