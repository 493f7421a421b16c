/** Runs a bench; what it put on the stack is stopped at its end, on an error and on Ctrl-C. */
export async function withStack(
  run: (stack: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  const stack = new AsyncDisposableStack();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stack.disposeAsync());
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  }
  try {
    await run(stack);
  } finally {
    await stop();
  }
}
