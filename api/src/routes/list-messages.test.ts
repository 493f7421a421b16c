import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
const ids: Record<string, string> = {};

beforeAll(async () => {
  world = await startWorld();
  ids["first"] = await tell(world, "a", {
    sender: "Ann@a.test",
    subject: "100% of_it \\o/",
    status: "delivered",
    acceptedAt: "2026-01-01T00:00:00.000Z",
    recipients: [{ address: "Bob@x.test", status: "delivered" }],
  });
  ids["second"] = await tell(world, "a", {
    subject: "Rechnung für März",
    status: "partial",
    acceptedAt: "2026-01-02T00:00:00.000Z",
    recipients: [
      { address: "bob@x.test", status: "delivered" },
      { address: "carl@y.test", status: "dead", reason: "refused" },
    ],
  });
  ids["third"] = await tell(world, "a", {
    acceptedAt: "2026-01-03T00:00:00.000Z",
    recipients: [{ address: "dora@x.test", status: "queued" }],
  });
  ids["foreign"] = await tell(world, "b", {
    recipients: [{ address: "bob@x.test", status: "queued" }],
  });
});
afterAll(() => world[Symbol.asyncDispose]());

type Page = { items: { id: string }[]; nextCursor: string | null };

/** The names of the messages a query finds. */
async function found(query: string): Promise<string[]> {
  const answer = await world.get("a", `/api/v1/messages?${query}`);
  const names = Object.entries(ids);
  return jsonOf<Page>(answer).items.map(
    (one) => names.find(([, id]) => id === one.id)?.[0] ?? one.id,
  );
}

describe("the list of messages", () => {
  it("is newest first and only the tenant's", async () => {
    expect(await found("")).toEqual(["third", "second", "first"]);
  });

  it.each([
    ["status=delivered", ["first"]],
    ["status=dead", []],
    ["sender=ann@A.test", ["first"]],
    ["recipient=BOB@x.test", ["second", "first"]],
    ["recipient=bob", []],
    ["subject=100%25", ["first"]],
    ["subject=of_it", ["first"]],
    ["subject=o_it", []],
    [`subject=${encodeURIComponent("\\O/")}`, ["first"]],
    [`subject=${encodeURIComponent("FÜR märz")}`, ["second"]],
    ["to=2026-01-02T00:00:00Z", ["first"]],
    ["from=2026-01-02T00:00:00Z", ["third", "second"]],
    ["from=2026-01-01T00:00:00.001Z&to=2026-01-03T00:00:00Z", ["second"]],
  ])("filters by %s", async (query, names) => {
    expect(await found(query)).toEqual(names);
  });

  it("goes on with the cursor, to the end", async () => {
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = (await world.get("a", `/api/v1/messages?limit=2${more}`)).json<Page>();
      pages.push(page.items.map((one) => one.id));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([[ids["third"], ids["second"]], [ids["first"]]]);
  });

  it("gives each message with its recipients", async () => {
    const page = (await world.get("a", "/api/v1/messages?status=partial")).json<Page>();
    expect(page.items).toEqual([
      {
        id: ids["second"],
        status: "partial",
        sender: "app@a.test",
        subject: "Rechnung für März",
        size: expect.any(Number),
        attempts: 1,
        acceptedAt: "2026-01-02T00:00:00.000Z",
        updatedAt: "2026-01-02T00:00:00.000Z",
        nextAttemptAt: null,
        recipients: [
          { address: "bob@x.test", status: "delivered", reason: null },
          { address: "carl@y.test", status: "dead", reason: "refused" },
        ],
      },
    ]);
  });

  it.each([
    ["limit=0", "limit"],
    ["limit=201", "limit"],
    ["limit=many", "limit"],
    ["status=lost", "status"],
    ["from=yesterday", "from"],
    ["colour=red", "colour"],
    ["sender=a&sender=b", "sender"],
  ])("refuses %s, naming the parameter", async (query, field) => {
    const answer = await world.get("a", `/api/v1/messages?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: "invalid_request",
      errors: [{ field, rule: expect.any(String) }],
    });
  });

  it("refuses a value that Postgres cannot hold", async () => {
    const answer = await world.get("a", "/api/v1/messages?subject=%00");
    expect(answer.json()).toMatchObject({ status: 400, code: "invalid_request" });
  });
});
