import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActivityView } from "@waybill/schemas";
import { rebuild } from "./src/faults/rebuild.ts";
import { get } from "./src/faults/views.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { until } from "./src/relay/until.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await makeRelay();
  await relay.start();
});
afterAll(() => relay.discard());

type Made = { id: string; username: string; password: string };
type State = { entities: { credential: Made[] } };

async function change<T>(method: string, path: string, reason: string, body?: object): Promise<T> {
  const headers = { "x-reason": reason, ...(body && { "content-type": "application/json" }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await relay.api(`/api/v1/smtp-credentials${path}`, init);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

const activityOf = async (id: string): Promise<ActivityView[]> =>
  (await get<{ items: ActivityView[] }>(relay, `/api/v1/activity?id=${id}`)).items;

/** The credential of that id as of a moment. */
async function credentialAt(id: string, at: string): Promise<Made | undefined> {
  const { entities } = await get<State>(relay, `/api/v1/state?at=${at}`);
  return entities.credential.find((one) => one.id === id);
}

test("a credential that is made, renamed and revoked leaves its story, and is as it was at each step", async () => {
  const { id, password } = await change<Made>("POST", "", "the shop opens", { name: "the shop" });
  await change("PATCH", `/${id}`, "the shop moves", { name: "the new shop" });
  await change("DELETE", `/${id}`, "the shop closes");
  await until("the activity", async () => (await activityOf(id)).length === 3);

  const told = await activityOf(id);
  expect(told.map(({ action, reason }) => [action, reason])).toEqual([
    ["removed", "the shop closes"],
    ["changed", "the shop moves"],
    ["made", "the shop opens"],
  ]);
  const [removed, changed, made] = told;
  expect(removed).toMatchObject({ before: changed?.after, after: null, ip: "127.0.0.1" });
  expect(changed).toMatchObject({ before: made?.after, after: { name: "the new shop" } });
  expect(made).toMatchObject({ kind: "credential", before: null, after: { name: "the shop" } });
  expect(new Set(told.map(({ actor }) => actor.split(":")[0]))).toEqual(new Set(["apikey"]));
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`hash|${password}`));

  for (const { time } of told) {
    const last = told.find((one) => one.time <= time);
    expect((await credentialAt(id, time)) ?? null).toEqual(last?.after);
  }
  expect(await rebuild(relay)).toMatchObject({ identical: true });
  expect(await activityOf(id)).toEqual(told);
});
