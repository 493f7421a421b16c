import type { Msg } from "@nats-io/transport-node";
import { LogUnavailable } from "./log.ts";
import type { Nats } from "./nats.ts";

/** What one stage asks another, by its name: the process with a provider's code tries it for the API. */
export type QuestionName = "verify-provider";

const subjectOf = (name: QuestionName): string => `ask.${name}`;

/** Milliseconds an answer may take. */
const PATIENCE = 20_000;

/**
 * Asks whichever process answers such questions, and resolves with its answer.
 * @throws LogUnavailable when there is none, or it says nothing in time
 */
export async function ask<A>({ nc }: Nats, name: QuestionName, question: object): Promise<A> {
  try {
    const answer = await nc.request(subjectOf(name), JSON.stringify(question), {
      timeout: PATIENCE,
    });
    return answer.json<A>();
  } catch (error) {
    throw new LogUnavailable(error);
  }
}

/** Answers such questions, each in one of the processes that do; one that fails is left to time. */
export function answerQuestions<Q>(
  { nc }: Nats,
  name: QuestionName,
  answerOf: (question: Q) => Promise<object>,
): () => void {
  const subscription = nc.subscribe(subjectOf(name), { queue: name });
  const answer = async (message: Msg): Promise<void> => {
    message.respond(JSON.stringify(await answerOf(message.json<Q>())));
  };
  void (async () => {
    for await (const message of subscription) void answer(message).catch(() => undefined);
  })();
  return () => subscription.unsubscribe();
}
