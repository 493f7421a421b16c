import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { putMember, putUser, sessionsOf, startSecond } from "../testing/people.ts";
import { startWorld, type World } from "../testing/world.ts";

const WINDOW = 15 * 60_000;
let time = Date.parse("2026-01-02T03:00:00.000Z");
let world: World;
let second: Awaited<ReturnType<typeof startSecond>>;
let apps: ReturnType<typeof sessionsOf>[];
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(time) });
  for (const id of ["ann", "bob"]) {
    await putUser(world, id);
    await putMember(world, "a", id, "member");
  }
  world.deps.config.WAYBILL_LOGIN_MAX_FAILURES = 4;
  second = await startSecond(world);
  apps = [sessionsOf(world.app), sessionsOf(second.app)];
});
afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});
/** Each test has a window of its own, which began 5 minutes before. */
beforeEach(() => {
  time += 2 * WINDOW;
});

let used = 0;
/** An address for each login, so that only accounts are counted. */
const fresh = () => `198.51.100.${(used += 1) % 250}`;
const inTurn = (at: number) => apps[at % 2] ?? sessionsOf(world.app);
const tryTimes = (times: number, id: string, more: object, address = fresh) =>
  Promise.all(Array.from({ length: times }, (_, at) => inTurn(at).tryLogin(id, more, address())));
const statuses = (answers: { statusCode: number }[]) =>
  answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);

it.each(["ann", "nobody"])(
  "shuts the account of %s after so many failures in all processes",
  async (id) => {
    time += 5 * 60_000;
    const answers = await tryTimes(7, id, { password: "wrong" });
    expect(statuses(answers)).toEqual([401, 401, 401, 401, 429, 429, 429]);
    for (const app of apps) {
      const shut = await app.tryLogin(id, {}, fresh());
      expect([shut.statusCode, shut.json<{ code: string }>().code]).toEqual([
        429,
        "too_many_attempts",
      ]);
      expect(shut.headers["retry-after"]).toBe("600");
      expect(shut.body).not.toContain(id);
    }
    expect((await inTurn(0).tryLogin("bob", {}, fresh())).statusCode).toBe(200);
    time -= 5 * 60_000;
  },
);

it("opens it again with the next window", async () => {
  await tryTimes(6, "ann", { password: "wrong" });
  time += WINDOW;
  expect((await inTurn(1).tryLogin("ann", {}, fresh())).statusCode).toBe(200);
});

it("counts a right password for nothing, and forgives none of the wrong ones for it", async () => {
  for (let at = 0; at < 12; at += 1)
    expect((await inTurn(at).tryLogin("ann", {}, fresh())).statusCode).toBe(200);
  await tryTimes(3, "ann", { password: "wrong" });
  expect((await inTurn(0).tryLogin("ann", {}, fresh())).statusCode).toBe(200);
  expect(statuses(await tryTimes(2, "ann", { password: "wrong" }))).toEqual([401, 429]);
});

it("counts what is tried for the current password as well", async () => {
  const app = inTurn(0);
  const { accessToken } = await app.logIn("bob");
  const body = { current: "wrong", new: "a wholly new password" };
  const answers = [];
  for (let at = 0; at < 5; at += 1) answers.push(await app.change(accessToken, "password", body));
  expect(statuses(answers)).toEqual([422, 422, 422, 422, 429]);
});

it("shuts an address out after ten times as many, whatever the accounts", async () => {
  const people = Array.from({ length: 42 }, (_, at) => `guess${at}`);
  await Promise.all(people.map((id) => putUser(world, id)));
  const from = async (address: string) => {
    const logins = people.map((id, at) => inTurn(at).tryLogin(id, { password: "wrong" }, address));
    return statuses(await Promise.all(logins));
  };
  expect(await from("203.0.113.7")).toEqual([...Array<number>(40).fill(401), 429, 429]);
  expect((await inTurn(0).tryLogin("ann", {}, "203.0.113.7")).statusCode).toBe(429);
  expect((await inTurn(1).tryLogin("ann", {}, "203.0.113.8")).statusCode).toBe(200);
});
