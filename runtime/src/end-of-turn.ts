let ending: Promise<void> | undefined;

/**
 * Resolves at the end of this turn of the event loop, for all who wait for it together: what they
 * then send over one connection is one write, and wakes the server once.
 */
export function endOfTurn(): Promise<void> {
  ending ??= new Promise((resolve) => {
    setImmediate(() => {
      ending = undefined;
      resolve();
    });
  });
  return ending;
}
