import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Issued } from "./token-answer.ts";
import { Tokens } from "./tokens.ts";

const LIFE = 1_000_000;

/** An endpoint whose answers come when they are let, and a clock that stands. */
function scene() {
  const waiting: PromiseWithResolvers<Issued>[] = [];
  const clock = { now: 0 };
  const tokens = new Tokens(
    () => {
      const one = Promise.withResolvers<Issued>();
      waiting.push(one);
      return one.promise;
    },
    () => clock.now,
  );
  const give = (value: string, life = LIFE) => waiting.at(-1)?.resolve({ value, life });
  const refuse = () => waiting.at(-1)?.reject(new Error("away"));
  const asked = () => waiting.length;
  return { tokens, clock, give, refuse, asked };
}

describe("a token", () => {
  it("is fetched once for all who wait for it, and kept", async () => {
    const { tokens, give, asked } = scene();
    const all = [tokens.get(), tokens.get(), tokens.get()];
    give("one");
    expect(await Promise.all(all)).toEqual(["one", "one", "one"]);
    expect([await tokens.get(), asked()]).toEqual(["one", 1]);
  });

  it("is not waited for while the last is good, and fetched once meanwhile", async () => {
    const { tokens, clock, give, asked } = scene();
    const first = tokens.get();
    give("one");
    await first;
    clock.now = LIFE * 0.8;
    expect([await tokens.get(), await tokens.get(), asked()]).toEqual(["one", "one", 2]);
    give("two");
    await new Promise(setImmediate);
    expect([await tokens.get(), asked()]).toEqual(["two", 2]);
  });

  it("stays while it is good though the endpoint is away, and then there is none", async () => {
    const { tokens, clock, give, refuse, asked } = scene();
    const first = tokens.get();
    give("one");
    await first;
    clock.now = LIFE * 0.9;
    expect(await tokens.get()).toBe("one");
    refuse();
    await new Promise(setImmediate);
    expect([await tokens.get(), asked()]).toEqual(["one", 2]);
    clock.now = LIFE;
    const last = tokens.get();
    refuse();
    await expect(last).rejects.toThrow("away");
    expect(asked()).toBe(3);
  });
});

const refusing = (bad: string[]) => {
  const used: string[] = [];
  const work = (token: string) => {
    used.push(token);
    return Promise.resolve(token);
  };
  return { used, work, isRefused: (token: string) => bad.includes(token) };
};

describe("work with a token", () => {
  it("that is refused is done once more with a new one, when it was not new", async () => {
    const { tokens, give } = scene();
    const { used, work, isRefused } = refusing(["one"]);
    const first = tokens.get();
    give("one");
    await first;
    const done = tokens.using(work, isRefused);
    await new Promise(setImmediate);
    give("two");
    expect([await done, used, await tokens.get()]).toEqual(["two", ["one", "two"], "two"]);
  });

  it("that is refused with a new one is done, and the next begins with another", async () => {
    const { tokens, give, asked } = scene();
    const { used, work, isRefused } = refusing(["one"]);
    const done = tokens.using(work, isRefused);
    give("one");
    expect([await done, used, asked()]).toEqual(["one", ["one"], 1]);
    const next = tokens.using(work, isRefused);
    give("two");
    expect(await next).toBe("two");
  });

  it("that fails for want of a token fails so", async () => {
    const { tokens, refuse } = scene();
    const { used, work, isRefused } = refusing([]);
    const done = tokens.using(work, isRefused);
    refuse();
    await expect(done).rejects.toThrow("away");
    expect(used).toEqual([]);
  });
});

describe("whatever comes and goes", () => {
  const step = fc.oneof(
    fc.record({ wait: fc.integer({ min: 0, max: 400_000 }) }),
    fc.record({ life: fc.integer({ min: 1, max: 400_000 }) }),
    fc.constant({ away: true }),
  );

  it("a token that is given was fetched, is not past its end, and the newest", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        const clock = { now: 0 };
        const made: { value: string; endsAt: number }[] = [];
        let next: { life: number } | undefined = { life: 100_000 };
        const fetch = (): Promise<Issued> => {
          if (next === undefined) return Promise.reject(new Error("away"));
          const value = `t${made.length}`;
          made.push({ value, endsAt: clock.now + next.life });
          return Promise.resolve({ value, life: next.life });
        };
        const tokens = new Tokens(fetch, () => clock.now);
        const isRight = async () => {
          const before = made.length;
          const given = await tokens.get().catch(() => undefined);
          const last = made.at(-1);
          if (given === undefined) return next === undefined;
          if (made.length > before && given === last?.value) return true;
          const known = made.findLast(({ value }) => value === given);
          return known === made[before - 1] && clock.now < (known?.endsAt ?? 0);
        };
        for (const one of steps) {
          if ("wait" in one) clock.now += one.wait;
          else next = "life" in one ? one : undefined;
          expect(await isRight()).toBe(true);
        }
      }),
    );
  });
});
