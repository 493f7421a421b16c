import type { Relay } from "../relay/relay.ts";
import { until } from "../relay/until.ts";
import type { Caller } from "./caller.ts";
import { authenticate, type Login } from "./hand-in.ts";

/**
 * A new credential of the caller's tenant, once it logs in: whoever knows a credential has read of
 * all that was changed before it.
 */
export async function doorKnows(relay: Relay, caller: Caller): Promise<Login> {
  const body = { name: "newest" };
  const made = await caller.want<Login>(201, "POST", "/smtp-credentials", body);
  await doorAnswers(relay, made, 235);
  return made;
}

/** Resolves once AUTH with that credential is answered with that code. */
export const doorAnswers = (relay: Relay, login: Login, code: number): Promise<boolean> =>
  until(`AUTH to be answered with ${code}`, async () => {
    const { session, reply } = await authenticate(relay, login);
    await session.close();
    return reply.code === code;
  });
