import type { ActivityView } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertActivity } from "../testing/activity.ts";
import { jsonOf } from "../testing/answer.ts";
import { putKey, startWorld, type World } from "../testing/world.ts";

let world: World;
const day = (count: number) => new Date(Date.UTC(2026, 0, count)).toISOString();

beforeAll(async () => {
  world = await startWorld();
  const made = { action: "made", before: null } as const;
  const removed = { action: "removed", after: null } as const;
  await insertActivity(world, "a", { seq: 11, time: day(1), ...made });
  await insertActivity(world, "a", { seq: 12, time: day(2), actor: "apikey:k1" });
  await insertActivity(world, "a", { seq: 14, time: day(3), kind: "member", ip: null });
  await insertActivity(world, "a", { seq: 15, time: day(4), id: "o'ther %", ...removed });
  await insertActivity(world, "b", { seq: 13, time: day(2), reason: "a secret of b" });
});
afterAll(() => world[Symbol.asyncDispose]());

type Page = { items: ActivityView[]; nextCursor: string | null };

async function pageOf(query: string, tenant = "a"): Promise<Page> {
  return jsonOf<Page>(await world.get(tenant, `/api/v1/activity?${query}`));
}
const sequences = async (query: string, tenant = "a") =>
  (await pageOf(query, tenant)).items.map(({ seq }) => seq);

describe("the activity", () => {
  it("is newest first and only the tenant's", async () => {
    expect(await sequences("")).toEqual([15, 14, 12, 11]);
    expect(await sequences("", "b")).toEqual([13]);
  });

  it("says who did what, why, from where, and what was there before", async () => {
    const { items } = await pageOf("limit=1&actor=apikey:k1");
    expect(items).toEqual([
      {
        seq: 12,
        time: day(2),
        actor: "apikey:k1",
        ip: "192.0.2.1",
        kind: "route",
        id: "first",
        action: "changed",
        reason: "because",
        before: { id: "first", position: 0 },
        after: { id: "first", position: 1 },
      },
    ]);
  });

  it.each([
    ["actor=apikey:k1", [12]],
    ["actor=apikey", []],
    ["kind=member", [14]],
    ["kind=provider", []],
    ["id=first", [14, 12, 11]],
    ["kind=route&id=first", [12, 11]],
    [`id=${encodeURIComponent("o'ther %")}`, [15]],
    [`from=${day(3)}`, [15, 14]],
    [`to=${day(3)}`, [12, 11]],
    [`from=${day(2)}&to=${day(4)}&actor=user:ann`, [14]],
  ])("filters by %s", async (query, expected) => {
    expect(await sequences(query)).toEqual(expected);
  });

  it("goes on with the cursor, to the end, which is no other list's and no other tenant's", async () => {
    const pages: number[][] = [];
    const cursors: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Page = await pageOf(`limit=3${cursor && `&cursor=${cursor}`}`);
      pages.push(page.items.map(({ seq }) => seq));
      cursor = page.nextCursor;
      if (cursor !== null) cursors.push(cursor);
    }
    expect(pages).toEqual([[15, 14, 12], [11]]);
    const [cursor] = cursors;
    for (const [tenant, list] of [
      ["a", "messages"],
      ["b", "activity"],
    ] as const) {
      const answer = await world.get(tenant, `/api/v1/${list}?cursor=${cursor}`);
      expect(answer.json()).toMatchObject({ code: "bad_cursor" });
    }
  });

  it("names every parameter that breaks a rule", async () => {
    const answer = await world.get("a", "/api/v1/activity?kind=secret&id=a%00b&from=then&x=1");
    expect(answer.json()).toMatchObject({
      code: "invalid_request",
      errors: [{ field: "kind" }, { field: "id" }, { field: "from" }, { field: "x" }],
    });
  });

  it("is for those who may see who is in the tenant", async () => {
    const key = "wb_live_reader_a-secret";
    const seq = await putKey(world.deps.nats, "a", "reader", key, { scopes: ["read"] });
    await world.deps.directory.reached(seq);
    const headers = { authorization: `Bearer ${key}` };
    const answer = await world.app.inject({ url: "/api/v1/activity", headers });
    expect(answer.json()).toMatchObject({
      status: 403,
      detail: expect.stringContaining("members:read"),
    });
  });
});
