/** Where the refresh token of a login is kept, for all who use it: an endpoint may replace it at every use (RFC 6749 6). */
export type KeptToken = {
  /** The newest that is known; undefined where the login is not there any more. */
  newest(): string | undefined;
  /** Keeps what took the place of one; resolves once it is kept, or another that was kept before it. */
  replaced(used: string, next: string): Promise<void>;
  /** Another than one that was refused, if there is one or comes within moments. */
  other(refused: string): Promise<string | undefined>;
  /** Does something when nobody else in this process does. */
  alone<T>(work: () => Promise<T>): Promise<T>;
};

/** Keeps it for as long as this process lives. */
export function inThisProcess(): KeptToken {
  let newest: string | undefined;
  return {
    newest: () => newest,
    replaced: (_used, next) => {
      newest = next;
      return Promise.resolve();
    },
    other: () => Promise.resolve(undefined),
    alone: (work) => work(),
  };
}
