/** How long all transactions of an envelope may take, in milliseconds, those for each recipient, and the least octets a millisecond. */
export type Limit = { base: number; each: number; rate: number };

/**
 * Far more than a server needs that means well. RFC 5321 4.5.3.2 has a client wait for minutes at each step,
 * for ten after the final dot, which is most of all; but a server that says a word now and then, or reads
 * an octet, begins each of those waits anew, and would keep a connection for ever.
 */
export const LIMIT: Limit = { base: 600_000, each: 1000, rate: 10 };

type Sized = { size: number; recipients: readonly string[]; signal?: AbortSignal | undefined };

/** In whole seconds, so that the timers of many have few ends. */
const longestOf = ({ size, recipients }: Sized, { base, each, rate }: Limit): number =>
  Math.ceil((base + each * recipients.length + size / rate) / 1000) * 1000;

/** A controller that is aborted when a signal is, until it is let go. */
function follower(outer: AbortSignal | undefined) {
  const own = new AbortController();
  const follow = () => own.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  else outer?.addEventListener("abort", follow);
  return { own, letGo: () => outer?.removeEventListener("abort", follow) };
}

/**
 * Does some work with a signal of its own, aborted when another is: to listen to one takes as long as it has
 * listeners, and all that a process sends listens to that other.
 */
export async function following<T>(
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { own, letGo } = follower(outer);
  return work(own.signal).finally(letGo);
}

/**
 * A signal for the transactions of one envelope: aborted with that of the attempt, and when they take too long.
 * The time in which the first waits for a connection does not count.
 */
export function limited(attempt: Sized, limit: Limit) {
  const { own, letGo } = follower(attempt.signal);
  const longest = longestOf(attempt, limit);
  const late = () => own.abort(new Error(`it took longer than ${longest / 1000} s`));
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: own.signal,
    begin: () => {
      timer ??= setTimeout(late, longest);
    },
    end: () => {
      clearTimeout(timer);
      letGo();
    },
  };
}
