import { setImmediate as turn } from "node:timers/promises";

/**
 * Groups a source into batches of what has arrived while the one before was in hand, `size` at
 * most; nothing waits for a batch to fill, but what comes out of one read of a socket stays
 * together: the first batch of a flood is no batch of one. Reads ahead by two batches, so that a slow reader slows
 * the source. Ends, or throws, when the source does; a reader that leaves early must end the source,
 * unless it was being held back.
 */
export async function* inBatches<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  const arrived: T[] = [];
  let [ended, left] = [false, false];
  let news = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  const pump = async (): Promise<void> => {
    for await (const item of source) {
      arrived.push(item);
      news.resolve();
      if (arrived.length < 2 * size) continue;
      room = Promise.withResolvers();
      await room.promise;
      if (left) return;
    }
  };
  const pumped = pump().finally(() => {
    ended = true;
    news.resolve();
  });
  pumped.catch(() => undefined);
  try {
    for (;;) {
      if (arrived.length === 0 && !ended) await news.promise.then(() => turn());
      news = Promise.withResolvers();
      if (arrived.length === 0) break;
      const batch = arrived.splice(0, size);
      room.resolve();
      yield batch;
    }
    await pumped;
  } finally {
    left = true;
    room.resolve();
  }
}
