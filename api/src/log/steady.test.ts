import { LogUnavailable } from "@waybill/runtime";
import { expect, it, vi } from "vitest";
import { steady } from "./steady.ts";

async function* numbers(last: () => Promise<void>, ended: () => void): AsyncGenerator<number> {
  try {
    yield 1;
    yield 2;
    await last();
  } finally {
    ended();
  }
}

const never = () => new Promise<void>(() => undefined);

it("passes on what comes, and its end", async () => {
  const got = await Array.fromAsync(
    steady(
      numbers(
        () => Promise.resolve(),
        () => undefined,
      ),
      1000,
    ),
  );
  expect(got).toEqual([1, 2]);
});

it("counts silence as a log that is away", async () => {
  const got: number[] = [];
  const reading = (async () => {
    for await (const one of steady(
      numbers(never, () => undefined),
      20,
    ))
      got.push(one);
  })();
  await expect(reading).rejects.toThrow(LogUnavailable);
  expect(got).toEqual([1, 2]);
});

it("counts an error as a log that is away", async () => {
  const broken = steady(
    numbers(
      () => Promise.reject(new Error("closed")),
      () => undefined,
    ),
    1000,
  );
  await expect(Array.fromAsync(broken)).rejects.toThrow(LogUnavailable);
});

it("ends its source when the reader leaves", async () => {
  const ended = vi.fn<() => void>();
  for await (const one of steady(numbers(never, ended), 1000)) if (one === 1) break;
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
});
