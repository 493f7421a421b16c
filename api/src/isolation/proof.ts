/** One thing that was tried, what had to happen, and what did. */
export type Proof = { what: string; as: string; expected: string; got: string; holds: boolean };

/** What every text that belongs to tenant a has in it, and nothing else. */
export const MARK = "owned-by-a";
