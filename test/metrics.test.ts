import { afterAll, beforeAll, expect, test } from "vitest";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { until } from "./src/relay/until.ts";

let relay: Relay;
let token: string;
beforeAll(async () => {
  relay = await (await makeRelay()).start();
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(relay.credentials.admin);
  const answer = await relay.api("/api/v1/auth/login", { method: "POST", headers, body });
  ({ accessToken: token } = (await answer.json()) as { accessToken: string });
});
afterAll(() => relay.discard());

async function metrics(): Promise<string> {
  const answer = await relay.api("/metrics", { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  return answer.text();
}

const STAGES = ["ingress", "actors", "projections,api"];
const IN_EVERY = ["process_resident_memory_bytes", "nodejs_eventloop_delay_seconds"];

test("every process tells of itself, and a mail is counted at each of its stations", async () => {
  await sendOne(relay, "counted", "delivered@sandbox.waybill.test");
  const told = await until("a counted delivery", async () => {
    const text = await metrics();
    const isDone = /^waybill_messages_in_hand\{state="in_delivery",[^}]*\} 0$/m.test(text);
    return text.includes('class="accepted"') && isDone && text;
  });
  for (const stage of STAGES)
    for (const name of IN_EVERY)
      expect(told).toMatch(
        new RegExp(`^${name}\\{stage="${stage}",instance="[^"]+:\\d+"\\} \\d`, "m"),
      );
  expect(told).toMatch(/^waybill_smtp_accepted_total\{tenant="demo",[^}]*\} 1$/m);
  expect(told).toMatch(/^waybill_smtp_accepted_bytes_total\{tenant="demo",[^}]*\} 1\d{3}$/m);
  expect(told).toMatch(/^waybill_smtp_connections_total\{[^}]*\} [1-9]/m);
  expect(told).toMatch(
    /^waybill_attempts_total\{tenant="demo",provider="\w+",class="accepted",[^}]*\} 1$/m,
  );
  expect(told).toMatch(/^waybill_attempt_duration_seconds_count\{[^}]*tenant="demo",[^}]*\} 1$/m);
  for (const state of ["in_delivery", "waiting"])
    expect(told).toMatch(
      new RegExp(`^waybill_messages_in_hand\\{state="${state}",[^}]*\\} 0$`, "m"),
    );
  expect(told).toMatch(/^waybill_projection_lag\{projection="views",[^}]*\} \d+$/m);
  expect(told).not.toContain("sandbox.waybill.test");
  for (const name of new Set([...told.matchAll(/^# TYPE (\S+)/gm)].map(([, one]) => one)))
    expect(told.match(new RegExp(`^# TYPE ${name} `, "gm"))).toHaveLength(1);
});

test("a refusal is counted by its code, and a connection that ends is not open any more", async () => {
  const wrong = { username: relay.credentials.smtp.username, password: "wrong" };
  await sendOne(relay, "refused", "ann@y.test", wrong).catch(() => undefined);
  await until("closed connections", async () => {
    const told = await metrics();
    expect(told).toMatch(/^waybill_smtp_refused_total\{code="535",[^}]*\} 1$/m);
    return /^waybill_smtp_connections\{[^}]*\} 0$/m.test(told);
  });
});
