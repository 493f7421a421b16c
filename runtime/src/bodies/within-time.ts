/** What a source yields, with an error when it lets us wait for longer than so many milliseconds. */
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
    void items.return?.();
  }
}
