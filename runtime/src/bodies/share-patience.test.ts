import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeSharing } from "./shared-chunk.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

type Asked = { deadline: number; resolve: (seq: number) => void; reject: (error: Error) => void };

/** A log that answers when it is told to, and what it was asked. */
function given() {
  const asked: Asked[] = [];
  const share = makeSharing((_subject, _chunk, deadline) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    asked.push({ deadline, resolve, reject });
    return promise;
  });
  const keep = (msgID: string) =>
    share("body.0.t1", { msgID, bytes: Buffer.from(msgID) }).then(
      ({ seq }) => seq,
      (error: Error) => error.message,
    );
  const chunk = (index: number) => vi.waitUntil(() => asked[index], { timeout: 10_000 });
  const begun = performance.now();
  const at = (seconds: number) =>
    vi.advanceTimersByTime(begun + seconds * 1000 - performance.now());
  return { keep, chunk, at, secondOf: ({ deadline }: Asked) => (deadline - begun) / 1000 };
}

test("what a body waits in line counts, and who has patience left is tried again", async () => {
  const { keep, chunk, at, secondOf } = given();
  const one = keep("one");
  const first = await chunk(0);
  expect(secondOf(first)).toBe(8);
  at(1);
  const two = keep("two");
  at(7);
  const three = keep("three");
  first.resolve(1);
  const second = await chunk(1);
  expect(secondOf(second)).toBe(9);
  at(9);
  second.reject(new Error("no answer"));
  const third = await chunk(2);
  expect(secondOf(third)).toBe(15);
  third.resolve(3);
  expect(await Promise.all([one, two, three])).toEqual([1, "no answer", 3]);
});

test("what is refused before its time is not tried again", async () => {
  const { keep, chunk } = given();
  const one = keep("one");
  (await chunk(0)).reject(new Error("refused"));
  expect(await one).toBe("refused");
});
