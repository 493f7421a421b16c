import type { Hook } from "@waybill/schemas";
import type { FetchText } from "../fetch-text.ts";
import { fieldOf, type HookCall, jsonIn, type Refusal } from "./call.ts";
import type { Certificates } from "./certificates.ts";
import { parseSes } from "./parse/ses.ts";
import type { Reports } from "./report.ts";
import { isSnsCertificate, SnsMessage, snsHost, verifySns } from "./verify/sns.ts";

export type SesHook = Extract<Hook, { type: "ses" }>;
/** What a call that is what it says tells; reports are undefined when it is not understood. */
export type Verified =
  | { id: string; reports: Reports | undefined; refused?: never }
  | { refused: Refusal };

/** SNS says type and id beside the body too. */
function isConsistent(call: HookCall, { Type, MessageId }: SnsMessage): boolean {
  const type = fieldOf(call, "x-amz-sns-message-type") ?? Type;
  const id = fieldOf(call, "x-amz-sns-message-id") ?? MessageId;
  return type === Type && id === MessageId;
}

function refusalOf(call: HookCall, hook: SesHook, message: SnsMessage): Refusal | undefined {
  if (message.TopicArn !== hook.topicArn) return "foreignTopic";
  const isTooOld = hook.onlyVersion2 === true && message.SignatureVersion !== "2";
  const isSigner = isSnsCertificate(message.SigningCertURL, hook.topicArn);
  return isConsistent(call, message) && isSigner && !isTooOld ? undefined : "forged";
}

/**
 * Confirms the subscription of the webhook's own topic: at an address we make ourselves, as the one in
 * the message is anybody's. @throws Problem unavailable
 */
async function confirm({ topicArn }: SesHook, token: string, fetchText: FetchText): Promise<void> {
  const query = new URLSearchParams({
    Action: "ConfirmSubscription",
    TopicArn: topicArn,
    Token: token,
  });
  await fetchText(`https://${snsHost(topicArn)}/?${query.toString()}`);
}

/**
 * Verifies a call of SNS for a webhook of SES, and confirms its subscription when it asks for that.
 * @throws Problem unavailable when the signer's certificate, or SNS, cannot be reached
 */
export async function verifySes(
  call: HookCall,
  hook: SesHook,
  { certificates, fetchText }: { certificates: Certificates; fetchText: FetchText },
): Promise<Verified> {
  const { data: message } = SnsMessage.safeParse(jsonIn(call.body.toString("utf8")));
  if (message === undefined) return { refused: "forged" };
  const refused = refusalOf(call, hook, message);
  if (refused !== undefined) return { refused };
  const verdict = verifySns(message, await certificates(message.SigningCertURL), call.now);
  if (verdict.refused !== undefined) return verdict;
  if (message.Type === "SubscriptionConfirmation") await confirm(hook, message.Token, fetchText);
  const isTold = message.Type === "Notification";
  return {
    ...verdict,
    reports: isTold ? parseSes(jsonIn(message.Message), verdict.id) : [undefined],
  };
}
