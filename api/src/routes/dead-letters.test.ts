import { setTimeout as sleep } from "node:timers/promises";
import { STREAMS } from "@waybill/runtime";
import type { DeadLettered, MessageRequeued } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReprocessResult } from "../shapes/dead-letter.ts";
import { jsonOf } from "../testing/answer.ts";
import { tell } from "../testing/history.ts";
import { insertAudit } from "../testing/rows.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
const ids: Record<string, string> = {};

beforeAll(async () => {
  world = await startWorld();
  ids["old"] = await tell(world, "a", {
    acceptedAt: "2026-01-01T00:00:00.000Z",
    status: "dead",
    recipients: [
      {
        address: "Ann@x.test",
        status: "dead",
        reason: "no_route",
        diedAt: "2026-02-01T00:00:00.000Z",
      },
    ],
  });
  ids["new"] = await tell(world, "a", {
    acceptedAt: "2026-01-02T00:00:00.000Z",
    status: "partial",
    recipients: [
      { address: "bob@x.test", status: "delivered" },
      {
        address: "carl@x.test",
        status: "dead",
        reason: "refused",
        diedAt: "2026-02-02T00:00:00.000Z",
      },
      {
        address: "dora@x.test",
        status: "dead",
        reason: "refused",
        diedAt: "2026-02-02T00:00:00.000Z",
      },
    ],
  });
  const recipients = [{ address: "ann@x.test", status: "delivered" }] as const;
  ids["well"] = await tell(world, "a", { status: "delivered", recipients: [...recipients] });
  ids["foreign"] = await tell(world, "b", {
    status: "dead",
    recipients: [{ address: "ann@x.test", status: "dead" }],
  });
});
afterAll(() => world[Symbol.asyncDispose]());

type Page = { items: { id: string; recipients: object[] }[]; nextCursor: string | null };

const nameOf = (id: string) => Object.entries(ids).find(([, one]) => one === id)?.[0];

async function listed(query: string): Promise<Page> {
  return jsonOf<Page>(await world.get("a", `/api/v1/dead-letters?${query}`));
}

async function reprocess(payload: object, status = 202): Promise<ReprocessResult> {
  const answer = await world.as("a", {
    method: "POST",
    url: "/api/v1/dead-letters/reprocess",
    payload,
    headers: { "x-reason": "their server is back" },
  });
  return jsonOf<ReprocessResult>(answer, status);
}

type Requeued = MessageRequeued & { seq: number };

async function requeuedInLog(): Promise<Requeued[]> {
  const answer = await world.get("a", "/api/v1/audit/events?type=requeued");
  return answer.body
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Requeued);
}

describe("the list of dead letters", () => {
  it("has the messages with a dead recipient, newest first, and the dead ones only", async () => {
    const { items, nextCursor } = await listed("");
    expect(items.map((one) => nameOf(one.id))).toEqual(["new", "old"]);
    expect(items[0]?.recipients).toMatchObject([
      { address: "carl@x.test", reason: "refused", response: "550 no" },
      { address: "dora@x.test", reason: "refused" },
    ]);
    expect(nextCursor).toBeNull();
  });

  it.each([
    ["reason=no_route", ["old"]],
    ["reason=ambiguous", []],
    ["recipient=ann@x.test", ["old"]],
    ["recipient=bob@x.test", []],
    ["from=2026-02-02T00:00:00Z", ["new"]],
    ["to=2026-02-02T00:00:00Z", ["old"]],
  ])("filters by %s", async (query, names) => {
    expect((await listed(query)).items.map((one) => nameOf(one.id))).toEqual(names);
  });

  it("goes on with the cursor, and takes none of another list", async () => {
    const { nextCursor } = await listed("limit=1");
    expect(
      (await listed(`limit=1&cursor=${nextCursor}`)).items.map((one) => nameOf(one.id)),
    ).toEqual(["old"]);
    const answer = await world.get("a", `/api/v1/messages?cursor=${nextCursor}`);
    expect(answer.json()).toMatchObject({ status: 400, code: "bad_cursor" });
    const foreign = await world.get("b", `/api/v1/dead-letters?cursor=${nextCursor}`);
    expect(foreign.json()).toMatchObject({ status: 400, code: "bad_cursor" });
  });
});

describe("reprocessing", () => {
  it("says in a dry run what it would do, and does nothing", async () => {
    const filtered = await reprocess({ filter: { reason: "no_route" }, dryRun: true }, 200);
    expect(filtered).toMatchObject({ dryRun: true, requeued: 1, ids: [ids["old"]], more: false });
    expect((await reprocess({ filter: {}, dryRun: true }, 200)).requeued).toBe(2);
    expect(await requeuedInLog()).toEqual([]);
  });

  it("requeues the dead recipients, and no event is made twice by a double click", async () => {
    const wanted = { ids: [ids["new"], ids["new"], ids["well"], ids["foreign"], "nonsense"] };
    const results = await Promise.all([reprocess(wanted), reprocess(wanted)]);
    for (const result of results) {
      expect(result).toEqual({
        dryRun: false,
        requeued: 1,
        ids: [ids["new"]],
        notFound: [ids["foreign"], "nonsense"],
        notDead: [ids["well"]],
        expired: [],
        more: false,
      });
    }
    expect(await requeuedInLog()).toMatchObject([
      {
        messageId: ids["new"],
        attempt: 2,
        rung: 0,
        by: "apikey:akey",
        ip: "127.0.0.1",
        reason: "their server is back",
        envelope: { from: "app@a.test", utf8: true, recipients: ["carl@x.test", "dora@x.test"] },
        body: { store: "jetstream" },
      },
    ]);
  });

  it("makes no event twice either when the views lag behind for longer than the log knows its ids", async () => {
    const { jsm } = world.deps.nats;
    const nanoseconds = 100_000_000;
    await jsm.streams.update(STREAMS.mail, { duplicate_window: nanoseconds });
    await sleep(300);
    expect(await reprocess({ ids: [ids["new"]] })).toMatchObject({ requeued: 1 });
    expect(await requeuedInLog()).toHaveLength(1);
  });

  it("goes on from the attempt that ended last, whatever the view counts", async () => {
    const died: DeadLettered = {
      type: "deadlettered",
      messageId: ids["new"] ?? "",
      tenant: "a",
      time: new Date().toISOString(),
      traceId: "",
      attempt: 2,
      reason: "no_route",
      recipients: ["carl@x.test"],
      detail: "",
    };
    await insertAudit(world, died, await world.deps.events.append(died));
    await reprocess({ ids: [ids["new"]] });
    expect((await requeuedInLog()).map((event) => event.attempt)).toEqual([2, 3]);
  });

  it("leaves out a message whose acceptance the log does not hold any more", async () => {
    const found = await world.get("a", `/api/v1/messages/${ids["old"]}`);
    await world.deps.nats.jsm.streams.deleteMessage(
      "MAIL",
      found.json<{ acceptedSeq: number }>().acceptedSeq,
    );
    expect(await reprocess({ ids: [ids["old"]] })).toMatchObject({
      requeued: 0,
      expired: [ids["old"]],
    });
  });
});
