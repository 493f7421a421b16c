/** Where in the dialogue a reply can be chosen: `dot` is the reply to a complete message. */
export type Stage = "connect" | "mail" | "rcpt" | "data" | "dot";

/** What is known of the transaction when a stage is answered. */
export interface StageContext {
  /** The port that the client speaks from. */
  readonly port: number;
  readonly from: string;
  /** The recipients accepted so far. */
  readonly recipients: readonly string[];
  /** The recipient in question, at `rcpt`. */
  readonly recipient?: string;
  /** The X-Test-Id of the message, at `dot`. */
  readonly id?: string;
  /** How often this sink has reached this stage, this time included. */
  readonly count: number;
}

/**
 * Chooses an answer: `undefined` for the usual one, a reply line (`450 4.2.1 later`; a 421 also
 * closes), `close` to drop the connection without a reply, `hang` never to reply, and at `dot` `250 and
 * close` to take the message, say so, and drop the connection.
 */
export type ReplyPolicy = (stage: Stage, context: StageContext) => string | undefined;

/** A policy that gives the same answer at a stage each time. */
export function fixedReplies(replies: Partial<Record<Stage, string>>): ReplyPolicy {
  return (stage) => replies[stage];
}

/** The policy with the count of each stage kept for it. */
export function countedPolicy(policy: ReplyPolicy) {
  const counts = new Map<Stage, number>();
  return (stage: Stage, context: Omit<StageContext, "count">): string | undefined => {
    const count = (counts.get(stage) ?? 0) + 1;
    counts.set(stage, count);
    return policy(stage, { ...context, count });
  };
}
