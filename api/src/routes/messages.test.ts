import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
  expect(answer.statusCode, answer.body).toBe(200);
  const names = Object.entries(ids);
  return answer
    .json<Page>()
    .items.map((one) => names.find(([, id]) => id === one.id)?.[0] ?? one.id);
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

describe("one message", () => {
  it("tells its state, attempts and timeline", async () => {
    const answer = await world.get("a", `/api/v1/messages/${ids["second"]}`);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({
      id: ids["second"],
      tenant: "a",
      client: "192.0.2.1",
      credential: null,
      recipients: [{ address: "bob@x.test" }, { address: "carl@y.test", reason: "refused" }],
      attemptLog: [
        { provider: "sandbox", status: "delivered", durationMs: 12.5, response: "250 ok" },
        { provider: "sandbox", status: "failed", durationMs: 12.5, response: "550 no" },
      ],
      timeline: [
        { type: "accepted", text: "accepted and kept" },
        { type: "delivered", text: "attempt 1: delivered for 1 recipient by sandbox: 250 ok" },
        { type: "failed", text: "attempt 1: failed for 1 recipient by sandbox: 550 no" },
        { type: "deadlettered", text: "given up: a dead letter" },
      ],
    });
  });

  it("is replayed from the log, event by event", async () => {
    const answer = await world.get("a", `/api/v1/messages/${ids["second"]}/events`);
    expect(answer.statusCode, answer.body).toBe(200);
    const { items, missing } = answer.json<{ items: { event: object }[]; missing: number[] }>();
    expect(missing).toEqual([]);
    expect(items.map((one) => one.event)).toMatchObject([
      { type: "accepted", messageId: ids["second"], header: { subject: "Rechnung für März" } },
      { type: "delivered", outcomes: [{ recipient: "bob@x.test" }] },
      { type: "failed", outcomes: [{ recipient: "carl@y.test" }] },
      { type: "deadlettered", reason: "refused" },
    ]);
  });

  it("names the events the log does not hold any more", async () => {
    const id = await tell(world, "a", {
      recipients: [{ address: "e@x.test", status: "delivered" }],
    });
    const before = (await world.get("a", `/api/v1/messages/${id}/events`)).json<{
      items: { seq: number }[];
    }>();
    const [first, second] = before.items.map((one) => one.seq);
    await world.deps.nats.jsm.streams.deleteMessage("MAIL", first ?? 0);
    const after = (await world.get("a", `/api/v1/messages/${id}/events`)).json();
    expect(after).toMatchObject({ items: [{ seq: second }], missing: [first] });
  });

  it("does not replay an event of another tenant, even when the index says so", async () => {
    const id = await tell(world, "a");
    const theirs = (await world.get("b", `/api/v1/messages/${ids["foreign"]}`)).json<{
      acceptedSeq: number;
    }>();
    await world.engines.owner.query(
      "UPDATE audit SET tenant = 'a', message_id = $1 WHERE seq = $2",
      [id, theirs.acceptedSeq],
    );
    const answer = (await world.get("a", `/api/v1/messages/${id}/events`)).json();
    expect(answer).toMatchObject({
      items: [{ event: { messageId: id } }],
      missing: [theirs.acceptedSeq],
    });
  });

  it.each(["", "/events", "/raw"])(
    "is unknown when it is not there, or not ours (%s)",
    async (part) => {
      for (const id of ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense", ids["foreign"]]) {
        const answer = await world.get("a", `/api/v1/messages/${id}${part}`);
        expect(answer.json()).toMatchObject({ status: 404, code: "not_found" });
      }
    },
  );
});
