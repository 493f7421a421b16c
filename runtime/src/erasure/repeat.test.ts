import type { Erasure } from "@waybill/schemas";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lastFact, ownFact, putEntity } from "../control.ts";
import { type LogServer, startLog } from "../testing/log-server.ts";
import { listErasures, readErasures, repeatErasures } from "./repeat.ts";

const HOUR = 3_600_000;
const TAKEN = new Date("2026-05-03T12:00:00Z");
const hoursAfter = (hours: number) => new Date(TAKEN.getTime() + hours * HOUR).toISOString();

const erasure = (id: string, hours: number, finishedAfter?: number): Erasure => ({
  kind: "erasure",
  id,
  address: "0".repeat(32),
  messages: 1,
  events: 2,
  bodies: 1,
  at: hoursAfter(hours),
  by: "apikey:a",
  ...(finishedAfter !== undefined && { finishedAt: hoursAfter(finishedAfter) }),
});

let log: LogServer;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log[Symbol.asyncDispose]());

const put = (tenant: string, entity: Erasure) =>
  putEntity(log.nats, ownFact(tenant, entity, "test"));
const kept = async (tenant: string, id: string) =>
  (await lastFact(log.nats, tenant, "erasure", id))?.fact.entity;

const list = async (since: Date): Promise<string[]> =>
  (await listErasures(log.nats, since)).map(({ tenant, id }) => `${tenant}/${id}`);

it("lists those of all tenants, the oldest first, as they are now", async () => {
  await put("b", erasure("2", -2, -2));
  await put("a", erasure("1", -3));
  await put("a", erasure("1", -3, 1));
  await put("a", erasure("3", -4, -4));
  expect(await list(new Date(0))).toEqual(["a/3", "a/1", "b/2"]);
  expect(await list(TAKEN)).toEqual(["a/1"]);
});

it("has those repeated that a restored log may not have finished, and those of a list", async () => {
  await put("a", erasure("before", -5, -4));
  await put("a", erasure("meanwhile", -5, 0));
  const listed = [
    { ...erasure("later", 5, 5), tenant: "b" },
    { ...erasure("meanwhile", -5, 0), tenant: "a" },
  ];
  const text = listed.map((one) => `${JSON.stringify(one)}\n`).join("");
  for (const _ of ["once", "again, as the one before was killed"])
    expect(await repeatErasures(log.nats, readErasures(text), TAKEN)).toBe(2);
  expect(await kept("a", "before")).toHaveProperty("finishedAt");
  expect(await kept("a", "meanwhile")).not.toHaveProperty("finishedAt");
  expect(await kept("b", "later")).toEqual(erasure("later", 5));
});

it("takes no list that is none", () => {
  expect(() => readErasures(`${JSON.stringify(erasure("1", 0))}\n`)).toThrow(
    /line 1 .* no erasure/,
  );
  expect(() => readErasures("{\n")).toThrow(/line 1/);
  expect(readErasures("\n")).toEqual([]);
});
