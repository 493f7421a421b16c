import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keptOutside, readConfig } from "@waybill/runtime";
import type { DeadLettered, MessageAccepted } from "@waybill/schemas";
import { expect, it } from "vitest";
import { World } from "../testing/world.ts";
import { isRemoved, ORPHAN_AGE, sweepOutside } from "./outside.ts";

const DAY = 24 * 60 * 60 * 1000;

const KEPT = 7 * DAY;

const ofAcme = (tenant: string): number => (tenant === "acme" ? KEPT : DAY);

it("says what becomes of a body by what is known of its message, and by its age", () => {
  expect(isRemoved("unknown", ORPHAN_AGE + 1, KEPT)).toBe(true);
  expect(isRemoved("ended", KEPT - 1, KEPT)).toBe(false);
  expect(isRemoved("ended", KEPT + 1, KEPT)).toBe(true);
  expect(isRemoved("open", 100 * KEPT, KEPT)).toBe(false);
});

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID of a moment. */
const idOf = (time: number, last: string): string =>
  Array.from({ length: 10 }, (_, at) => DIGITS[Math.floor(time / 32 ** (9 - at)) % 32])
    .join("")
    .padEnd(25, "0") + last;

const acceptedOf = (messageId: string): MessageAccepted => ({
  type: "accepted",
  messageId,
  tenant: "acme",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 1,
  rung: 0,
  envelope: { from: "a@x.test", recipients: ["b@y.test"], utf8: false },
  body: { store: "fs", id: messageId, size: 1, sha256: "" },
  submission: { protocol: "smtp", address: "192.0.2.1", helo: "x", tls: false },
  header: { from: "", subject: "", messageId: "" },
  routing: { tags: [], fields: {} },
});

const deadOf = (messageId: string): DeadLettered => {
  const { tenant, time, traceId, attempt } = acceptedOf(messageId);
  const base = { messageId, tenant, time, traceId, attempt };
  return { type: "deadlettered", ...base, reason: "refused", recipients: ["b@y.test"], detail: "" };
};

it("removes what no event refers to and what is past its retention, and nothing of an open message", async () => {
  await using world = await World.start();
  const data = mkdtempSync(join(tmpdir(), "waybill-sweep-"));
  const config = readConfig({ WAYBILL_DATA: data });
  const now = Date.now();
  const keep = (days: number, last: string) => {
    const id = idOf(now - days * DAY, last);
    const path = join(data, "bodies", id.slice(0, 5), id.slice(-2), `${id}.acme`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "x");
    utimesSync(path, new Date(now - days * DAY), new Date(now - days * DAY));
    return { id, path };
  };
  const [young, orphan, open, fresh, past] = [
    keep(0.5, "1"),
    keep(2, "2"),
    keep(9, "3"),
    keep(2, "4"),
    keep(9, "5"),
  ];
  const ended = [fresh, past].flatMap(({ id }) => [acceptedOf(id), deadOf(id)]);
  const last = await world.append([acceptedOf(open.id), ...ended]);
  const { nats } = world.engines;
  const outside = keptOutside(config, nats);
  const run = () => sweepOutside({ pool: world.pool, nats, outside, kept: ofAcme, now });

  const projection = world.project(100);
  await world.caughtUp(last);
  await projection.stop();
  expect(await run()).toBe(2);
  const left = [young, orphan, open, fresh, past].map(({ path }) => existsSync(path));
  expect(left).toEqual([true, false, true, true, false]);
  expect(existsSync(dirname(past.path))).toBe(false);
  rmSync(data, { recursive: true });
});

it("removes nothing while the views are behind the log", async () => {
  await using world = await World.start();
  await world.append([acceptedOf(idOf(Date.now(), "1"))]);
  const removed: string[] = [];
  const remove = async () => void removed.push("one");
  async function* old() {
    yield [{ tenant: "acme", messageId: idOf(0, "1"), changed: 0, remove }];
  }
  const { nats } = world.engines;
  const outside = { old };
  const swept = await sweepOutside({
    pool: world.pool,
    nats,
    outside,
    kept: ofAcme,
    now: Date.now(),
  });
  expect([swept, removed]).toEqual([0, []]);
});
