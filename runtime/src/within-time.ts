/** What a source yields. @throws Error when it lets us wait for longer than so many milliseconds, or what the source throws */
export async function* withinTime<T>(
  source: AsyncIterable<T>,
  patience: number,
): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  const late = () =>
    new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`silent for ${patience} ms`)), patience);
    });
  try {
    for (;;) {
      const next = await Promise.race([items.next(), late()]).finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: the source may be waiting still, and ends once it stops.
    items.return?.()?.catch(() => undefined);
  }
}
