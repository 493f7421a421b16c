import type { HttpApi } from "@waybill/runtime/outbound";
import type { Outcome } from "@waybill/schemas";
import { outcomesOf } from "../http/outcomes.ts";
import type { Attempt } from "../provider.ts";
import { asciiAddress } from "./address.ts";
import type { CallBody } from "./encode.ts";
import { verdictOf } from "./replies.ts";
import type { SignedCalls } from "./signed.ts";

const PATH = "/v2/email/outbound-emails";

export type Account = {
  api: HttpApi;
  calls: SignedCalls;
  region: string;
  configurationSet: string | undefined;
};

/** All that a call says beside the message. `From` and `Reply-To` stay the message's own. */
function restOf(
  { configurationSet }: Account,
  { from, messageId }: Attempt,
  to: readonly string[],
): object {
  const sender = asciiAddress(from);
  return {
    Destination: { BccAddresses: to.map(asciiAddress) },
    EmailTags: [{ Name: "relay_id", Value: messageId }],
    ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
    ...(sender === "" ? {} : { FeedbackForwardingEmailAddress: sender }),
  };
}

/** Calls SendEmail for some recipients of an attempt, whose addresses SES takes. */
export async function call(
  account: Account,
  attempt: Attempt,
  to: readonly string[],
  bodyWith: (rest: object) => CallBody,
): Promise<Outcome[]> {
  const { api, calls, region } = account;
  const request = calls.post(PATH, bodyWith(restOf(account, attempt, to)));
  const senderDomain = attempt.from.slice(attempt.from.lastIndexOf("@") + 1);
  const about = { senderDomain, region };
  return outcomesOf(await api.ask({ ...request, signal: attempt.signal }), to, (reply) =>
    verdictOf(reply, about),
  );
}
