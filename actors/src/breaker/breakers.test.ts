import { describe, expect, test } from "vitest";
import { Directory } from "@waybill/runtime";
import {
  type Entity,
  PLATFORM,
  type Outcome,
  type OutcomeClass,
  type RetryDue,
} from "@waybill/schemas";
import { breakersIn } from "../testing/breakers.ts";
import type { Breakers, Pass } from "./breakers.ts";
import { followChanges } from "./follow-changes.ts";
import type { Use } from "./guards.ts";

const use: Use = { tenant: "t1", owner: "tenant", provider: "p", senderDomain: "x.test" };
const other: Use = { ...use, senderDomain: "z.test" };

const outcomes = (said: OutcomeClass): Outcome[] => [
  { recipient: "a@y.test", class: said, category: "network", response: `said ${said}` },
];

/** A clock, a log and two processes that read it. */
function given() {
  const directory = new Directory();
  let second = 0;
  const put = (
    entity: Entity | null,
    { kind, id } = entity ?? { kind: "provider" as const, id: "p" },
    tenant = "t1",
  ) => {
    const change = { time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
    directory.apply({ tenant, kind, id, entity, ...change });
  };
  const provider = {
    kind: "provider",
    type: "sandbox",
    id: "p",
    name: "p",
    concurrency: 1,
  } as const;
  put(provider);
  const woken: { tenant: string; most: number | undefined; waits: boolean }[] = [];
  const due = { waiting: { times: 1, for: ["p"] } } as RetryDue;
  const wake: Parameters<typeof breakersIn>[2] = ({ tenant, isWanted, most }) => {
    woken.push({ tenant, most, waits: isWanted(due) });
    return Promise.resolve(1);
  };
  const open = () => {
    const breakers = breakersIn(directory, () => second * 1000, wake);
    followChanges(directory, breakers);
    return breakers;
  };
  const told = (id = "p") => directory.find("t1", "breaker", id)?.entity;
  return {
    one: open(),
    two: open(),
    put,
    provider,
    woken,
    told,
    until: () => {
      const entity = told();
      return entity?.kind === "breaker" && Date.parse(entity.until ?? "") / 1000;
    },
    at: (now: number) => (second = now),
  };
}

const passOf = async (breakers: Breakers, of = use): Promise<Pass> => {
  const pass = await breakers.pass(of);
  if (pass === undefined) throw new Error("it was not let through");
  return pass;
};

const tell = async (breakers: Breakers, said: OutcomeClass, of = use): Promise<void> =>
  (await passOf(breakers, of)).settle(outcomes(said));

describe("given a provider that refuses the login", () => {
  test("when one process hears it, then the other lets nothing through either", async () => {
    const world = given();
    await tell(world.one, "auth");
    expect([world.one.lets(use), world.two.lets(use)]).toEqual([false, false]);
    expect(await world.two.pass(use)).toBeUndefined();
    expect(world.told()).toMatchObject({
      state: "open",
      opens: 1,
      reason: { class: "auth", response: "said auth" },
      until: "1970-01-01T00:00:30.000Z",
    });
  });

  test("when its time has come, then one mail of all processes tries it, and others wait", async () => {
    const world = given();
    await tell(world.one, "auth");
    world.at(30);
    const probe = await passOf(world.two);
    expect(world.told()?.state).toBe("half_open");
    expect([await world.one.pass(use), await world.two.pass(use)]).toEqual([undefined, undefined]);
    await probe.settle(outcomes("accepted"));
    expect(world.told()).toMatchObject({ state: "closed", opens: 0 });
    expect([world.one.lets(use), world.two.lets(use)]).toEqual([true, true]);
    expect(world.woken).toContainEqual({ tenant: "t1", most: undefined, waits: true });
  });

  test("when nothing becomes of the probe, then another tries it after the same step", async () => {
    const world = given();
    await tell(world.one, "auth");
    world.at(30);
    await (await passOf(world.one)).settle([]);
    expect(world.told()).toMatchObject({ state: "open", until: "1970-01-01T00:01:00.000Z" });
  });

  test("when nothing is ever heard of the probe, then another tries it, in the same process too", async () => {
    const world = given();
    await tell(world.one, "auth");
    world.at(30);
    const silent = await passOf(world.one);
    world.at(329);
    expect([world.one.lets(use), world.two.lets(use)]).toEqual([false, false]);
    world.at(330);
    const probe = await passOf(world.one);
    await silent.settle(outcomes("auth"));
    expect(world.told()?.state).toBe("half_open");
    await probe.settle(outcomes("accepted"));
    expect(world.told()).toMatchObject({ state: "closed" });
  });

  test("when its settings are changed, then it is tried at once, by one of those who wait", async () => {
    const world = given();
    await tell(world.one, "auth");
    world.put({ ...world.provider, name: "p with a new key" });
    expect(world.woken).toContainEqual({ tenant: "t1", most: 1, waits: true });
    const probe = await passOf(world.one);
    expect(await world.one.pass(use)).toBeUndefined();
    await probe.settle(outcomes("auth"));
    expect(world.one.lets(use)).toBe(false);
  });

  test("when the token endpoint replaces its refresh token, then nothing is tried, until somebody changes it", async () => {
    const { one, two, put, woken, told } = given();
    const smtp = { host: "mx.test", port: 587, tls: "starttls", verify: true } as const;
    const server = {
      kind: "provider",
      type: "smtp",
      id: "p",
      name: "p",
      concurrency: 1,
      smtp,
    } as const;
    put(server);
    await tell(one, "auth");
    put({ ...server, settingsSeq: told()?.settings });
    expect([one.lets(use), two.lets(use)]).toEqual([false, false]);
    expect(woken).toEqual([]);
    put(server);
    expect([one.lets(use), two.lets(use)]).toEqual([true, true]);
  });

  test("when mail sent with the old settings is refused, then the new ones are tried all the same", async () => {
    const world = given();
    const late = await passOf(world.one);
    world.put({ ...world.provider, name: "p with a new key" });
    await late.settle(outcomes("auth"));
    expect(world.one.lets(use)).toBe(true);
  });

  test("when it is removed, then nothing is remembered", async () => {
    const world = given();
    await tell(world.one, "auth");
    world.put(null);
    expect(world.told()).toBeUndefined();
    expect(world.one.lets(use)).toBe(true);
  });
});

test("a system-wide provider that is removed takes nothing of a tenant's own of the same id", async () => {
  const world = given();
  await tell(world.one, "auth");
  world.put(null, { kind: "provider", id: "p" }, PLATFORM);
  expect([world.told()?.kind, world.one.lets(use)]).toEqual(["breaker", false]);
});

describe("given a provider that refuses a sender's domain", () => {
  test("when that is heard, then mail from other domains goes on", async () => {
    const world = given();
    await tell(world.one, "config");
    expect([world.one.lets(use), world.one.lets(other)]).toEqual([false, true]);
    expect(world.told("p@x.test")).toMatchObject({ senderDomain: "x.test", state: "open" });
  });

  test("when the domain works again, then nothing is remembered of it", async () => {
    const world = given();
    await tell(world.one, "config");
    world.at(30);
    await tell(world.one, "accepted");
    expect(world.told("p@x.test")).toBeUndefined();
    expect(world.two.lets(use)).toBe(true);
  });

  test("when the whole provider falls silent for the probe, then nothing is learnt of the domain", async () => {
    const world = given();
    await tell(world.one, "config");
    world.at(30);
    await tell(world.one, "retry");
    expect(world.told("p@x.test")).toMatchObject({ state: "open", opens: 1 });
  });

  test("no more than a hundred domains are kept in mind", async () => {
    const world = given();
    for (let at = 0; at < 101; at += 1)
      await tell(world.one, "config", { ...use, senderDomain: `d${at}.test` });
    expect(world.one.lets({ ...use, senderDomain: "d99.test" })).toBe(false);
    expect(world.one.lets({ ...use, senderDomain: "d100.test" })).toBe(true);
  });
});

test("who waits asks again when the first of the ways is tried, and is told which to wait for", async () => {
  const world = given();
  const q = { ...use, provider: "q" };
  await tell(world.one, "auth");
  world.at(10);
  await tell(world.one, "auth", q);
  expect(world.one.pauseOf([use, q])).toEqual({ until: 30_000, for: ["p", "q"] });
});

test("who comes behind asks again behind, within a step, in the order in which they came", async () => {
  const world = given();
  await tell(world.one, "auth");
  const again = (second: number) => {
    world.at(second);
    return world.one.pauseOf([use]).until / 1000;
  };
  expect([0, 6, 15, 15, 29].map(again)).toEqual([30, 36, 45, 45, 59]);
  world.at(30);
  const probe = await passOf(world.one);
  expect([30, 31].map(again)).toEqual([60, 61]);
  await probe.settle(outcomes("auth"));
  const [first = 0, ...others] = [32, 33, 60].map(again);
  expect(first).toBe(world.until());
  expect(others).toEqual(others.toSorted((a, b) => a - b));
  expect(others.every((one) => one > first)).toBe(true);
});
