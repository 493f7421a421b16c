import type { Outcome, SandboxProvider } from "@waybill/schemas";
import type { Attempt, Provider } from "./provider.ts";

/** The domain whose local parts name the outcome to play. */
const SANDBOX_DOMAIN = "sandbox.waybill.test";

type Played = Omit<Outcome, "recipient">;

const DELIVERED: Played = {
  class: "accepted",
  code: 250,
  enhanced: "2.0.0",
  response: "250 2.0.0 kept in the sandbox",
};

const OUTCOMES: Record<string, Played> = {
  delivered: DELIVERED,
  bounced: {
    class: "permanent_recipient",
    category: "invalid_recipient",
    code: 550,
    enhanced: "5.1.1",
    response: "550 5.1.1 no such user here",
  },
  deferred: {
    class: "retry",
    category: "greylist",
    code: 451,
    enhanced: "4.7.1",
    response: "451 4.7.1 greylisted, try again later",
  },
  ratelimited: {
    class: "throttled",
    category: "rate_limit",
    code: 421,
    enhanced: "4.7.28",
    response: "421 4.7.28 rate limited",
    retryAfterMs: 60_000,
  },
  timeout: { class: "retry", category: "network", response: "connection timed out" },
  ambiguous: {
    class: "ambiguous",
    category: "network",
    response: "no reply to the message: connection closed",
  },
};

/** `deferred@` fails at every attempt, `deferred+2@` only at the first two. */
const LOCAL_PART = /^([a-z]+)(?:\+(\d+))?$/i;

/** What the sandbox answers for a recipient at an attempt. */
export function play(recipient: string, attempt: number): Outcome {
  const at = recipient.lastIndexOf("@");
  const [, name = "", times] = LOCAL_PART.exec(recipient.slice(0, at)) ?? [];
  const isOurs = recipient.slice(at + 1).toLowerCase() === SANDBOX_DOMAIN;
  const isOver = times !== undefined && attempt > Number(times);
  const played = isOurs && !isOver ? OUTCOMES[name.toLowerCase()] : undefined;
  return { recipient, ...(played ?? DELIVERED) };
}

/**
 * A provider that sends nothing anywhere. Recipients at `sandbox.waybill.test` play the outcome
 * their local part names (`delivered`, `bounced`, `deferred`, `ratelimited`, `timeout`,
 * `ambiguous`); all others are delivered. The mail is kept as every mail is and can be read back
 * from the API.
 */
export function sandboxProvider({ id }: Pick<SandboxProvider, "id">): Provider {
  return {
    id,
    kind: "sandbox",
    keepsBytes: false,
    send: ({ recipients, attempt }: Attempt) =>
      Promise.resolve(recipients.map((one) => play(one, attempt))),
    close: () => undefined,
  };
}
