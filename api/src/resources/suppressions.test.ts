import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

type Shown = { id: string; address: string; reason: string; origin: string; expiresAt?: string };
type Page = { items: Shown[]; nextCursor: string | null };
type Problem = { code: string; detail: string; errors: { field: string; rule: string }[] };

const LIST = "/api/v1/suppressions";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const add = (payload: object, tenant = "a") =>
  world.as(tenant, { method: "POST", url: LIST, payload });
const list = async (query: string, tenant = "a") =>
  jsonOf<Page>(await world.get(tenant, `${LIST}?${query}`));
const send = (type: string, payload: string, tenant = "a") =>
  world.as(tenant, {
    method: "POST",
    url: `${LIST}/import`,
    payload,
    headers: { "content-type": type },
  });
const sendCsv = (payload: string, tenant?: string) => send("text/csv", payload, tenant);

it("an address is on the list once, in whatever spelling", async () => {
  const made = jsonOf<Shown>(await add({ address: "Ann@Bücher.test" }).catch(String as never), 422);
  expect(made).toMatchObject({ code: "invalid_body" });
  const ann = jsonOf<Shown>(await add({ address: "Ann@Example.COM" }), 201);
  expect(ann).toMatchObject({ address: "ann@example.com", reason: "manual", origin: "manual" });
  expect((await add({ address: "ann@example.com" })).statusCode).toBe(409);
  expect((await list("address=ANN@example.com")).items).toEqual([ann]);
  expect((await list("address=ann@example.com&reason=complaint")).items).toEqual([]);
  expect((await list("", "b")).items).toEqual([]);
});

it("is changed, and removed, by its version", async () => {
  const url = `${LIST}/${jsonOf<Shown>(await add({ address: "bob@example.com" }), 201).id}`;
  const expiresAt = "2030-01-01T00:00:00Z";
  const changed = await world.as("a", { method: "PATCH", url, payload: { expiresAt } });
  expect(jsonOf<Shown>(changed)).toMatchObject({ expiresAt, reason: "manual" });
  const stale = { "if-match": '"1"' };
  expect((await world.as("a", { method: "DELETE", url, headers: stale })).statusCode).toBe(409);
  expect((await world.as("b", { method: "DELETE", url })).statusCode).toBe(404);
  expect((await world.as("a", { method: "DELETE", url })).statusCode).toBe(204);
  expect((await list("address=bob@example.com")).items).toEqual([]);
});

it("goes on page by page, through a filter", async () => {
  const rows = Array.from(
    { length: 5 },
    (_, n) => `{"address":"p${n}@z.test","reason":"complaint"}`,
  );
  jsonOf(await send("application/x-ndjson", rows.join("\n")));
  const first = await list("reason=complaint&limit=3");
  const second = await list(`reason=complaint&limit=3&cursor=${first.nextCursor}`);
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 2, null]);
  const all = [...first.items, ...second.items].map(({ address }) => address);
  expect(all.toSorted()).toEqual(rows.map((_, n) => `p${n}@z.test`));
});

it("an export is imported as it is, and what is there stays", async () => {
  jsonOf(await add({ address: "o'neil@example.com", reason: "unsubscribe" }), 201);
  for (const [format, type] of [
    ["csv", "text/csv"],
    ["ndjson", "application/x-ndjson"],
  ] as const) {
    const { body } = await world.get("a", `${LIST}/export?format=${format}`);
    const { items } = await list("limit=200");
    const again = jsonOf(await send(type, body));
    expect(again).toEqual({ imported: 0, existing: items.length });
    await send(type, body, "b");
    const copy = await world.get("b", `${LIST}/export?format=${format}`);
    expect(copy.body).toBe(body);
  }
});

it("an import is taken as a whole: every rule that a row breaks is told with its line", async () => {
  const answer = await sendCsv(
    'address,reason,colour\r\nok@example.com,,\r\nnone,,\r\n"x@example.com",spam,red\r\n',
  );
  const { code, errors } = jsonOf<Problem>(answer, 422);
  expect(code).toBe("invalid_body");
  expect(errors.map(({ field }) => field).toSorted()).toEqual([
    "rows.3.address",
    "rows.4.colour",
    "rows.4.reason",
  ]);
  expect((await list("address=ok@example.com")).items).toEqual([]);
});

it.each([
  ["text/csv", "", "rows"],
  ["text/csv", 'address\n"', "rows.2"],
  ["application/x-ndjson", '{"address":"a@b.test"}\nnothing', "rows.2"],
  ["application/x-ndjson", "[]", "rows.1"],
])("%s %j is told where it is wrong: %s", async (type, text, field) => {
  const answer = jsonOf<Problem>(await send(type, text), text === "" ? 422 : 422);
  expect(answer.errors.map((one) => one.field)).toContain(field);
});

it("tells the first hundred errors of a file that has more, however it is made", async () => {
  const columns = Array.from({ length: 300 }, (_, n) => `c${n}`).join(",");
  const files: [string, string][] = [
    ["text/csv", `address\n${"x\n".repeat(5000)}`],
    ["text/csv", `${columns}\n${"x,".repeat(299)}x`],
    ["application/x-ndjson", "no\n".repeat(5000)],
  ];
  for (const [type, text] of files) {
    const { errors, detail } = jsonOf<Problem>(await send(type, text), 422);
    expect(errors).toHaveLength(100);
    expect(detail).toContain("100 errors or more");
  }
});

it.each([
  ["text/csv", `address\n${"x\n".repeat(500_000)}`],
  ["application/x-ndjson", "no\n".repeat(500_000)],
])("of %s with too many rows nothing but that is told", async (type, text) => {
  const { errors } = jsonOf<Problem>(await send(type, text), 422);
  expect(errors).toEqual([{ field: "rows", rule: "at most 10000 rows" }]);
});

const rows = (count: number) =>
  ["address", ...Array.from({ length: count }, (_, n) => `m${n}@many.test`)].join("\n");

it("takes 10,000 rows and no more, and nothing but rows", async () => {
  expect(jsonOf(await sendCsv(rows(10_000)))).toEqual({ imported: 10_000, existing: 0 });
  expect((await sendCsv(rows(10_001))).statusCode).toBe(422);
  expect((await send("application/json", "{}")).statusCode).toBe(415);
}, 120_000);
