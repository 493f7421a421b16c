import { STREAMS } from "../streams.ts";

/**
 * What a backup keeps of each stream: its turn, or nothing.
 *
 * CHAIN is before MAIL, so that no link names an event that MAIL does not have; MAIL is before the
 * others, so that whatever an event of it names is in a stream taken after it: the body, the tenant with
 * its providers and keys, the count of a limit (which may say too much, never too little).
 * What was erased meanwhile has a record, and is erased again where it is restored.
 * Left out are sessions, because one that was ended since would live again; failed logins, of the last
 * hour; and the seats of connections that are gone.
 */
const TURNS = {
  chain: 0,
  mail: 1,
  removals: 2,
  bodies: 3,
  erased: 4,
  limits: 5,
  hooks: 6,
  uses: 7,
  control: 8,
  sessions: undefined,
  logins: undefined,
  seats: undefined,
} as const satisfies Record<keyof typeof STREAMS, number | undefined>;

const turnOf = (key: string): number | undefined => TURNS[key as keyof typeof TURNS];

/** The streams of a backup, in the order they are taken and restored. CONTROL is last: without it no log is an installation. */
export const KEPT: readonly string[] = Object.entries(STREAMS)
  .filter(([key]) => turnOf(key) !== undefined)
  .toSorted(([a], [b]) => (turnOf(a) ?? 0) - (turnOf(b) ?? 0))
  .map(([, name]) => name);
