import { type HttpReply, oneLine } from "@waybill/runtime/outbound";
import type { Category, OutcomeClass } from "@waybill/schemas";
import { byStatus, type Verdict } from "../http/outcomes.ts";

type Meaning = { class: OutcomeClass; category: Category };

const means = (outcome: OutcomeClass, category: Category): Meaning => ({
  class: outcome,
  category,
});

/** The codes of Microsoft Graph's errors for mail, whatever status they come with. */
const CODES: Record<string, Meaning> = {
  InvalidAuthenticationToken: means("auth", "auth_required"),
  ErrorMessageSubmissionBlocked: means("auth", "policy"),
  ErrorAccessDenied: means("config", "policy"),
  Authorization_RequestDenied: means("config", "policy"),
  ErrorSendAsDenied: means("config", "sender_auth_fail"),
  MailboxNotEnabledForRESTAPI: means("config", "other"),
  MailboxNotFound: means("config", "other"),
  ErrorNonExistentMailbox: means("config", "other"),
  ErrorInvalidUser: means("config", "other"),
  ResourceNotFound: means("config", "other"),
  Request_ResourceNotFound: means("config", "other"),
  ErrorMimeContentInvalidBase64String: means("permanent_message", "content"),
  ErrorMimeContentInvalid: means("permanent_message", "content"),
  ErrorInvalidParameter: means("permanent_message", "protocol"),
  ErrorInvalidRecipients: means("permanent_message", "invalid_recipient"),
  ErrorMessageSizeExceeded: means("permanent_message", "size"),
  ErrorExceededMessageLimit: means("quota", "rate_limit"),
  ErrorQuotaExceeded: means("quota", "mailbox_full"),
  ApplicationThrottled: means("throttled", "rate_limit"),
  TooManyRequests: means("throttled", "rate_limit"),
  MailboxConcurrency: means("throttled", "rate_limit"),
  ErrorServerBusy: means("retry", "network"),
  ErrorInternalServerTransientError: means("retry", "network"),
  ErrorMailboxStoreUnavailable: means("retry", "network"),
};

/** Where the code is none of those. */
const STATUSES: Record<number, Meaning> = {
  403: means("config", "policy"),
  404: means("config", "other"),
};

/** `{"error": {"code", "message"}}`; empty where it is not that. */
function errorIn(text: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    const { code = "", message = "" } = error ?? {};
    return { code: String(code), message: String(message) };
  } catch {
    return { code: "", message: "" };
  }
}

/** Whether a reply says that there is no such item, rather than no such mailbox. */
export const isGone = ({ status, text }: HttpReply): boolean =>
  status === 404 && errorIn(text).code === "ErrorItemNotFound";

/**
 * What a reply that is no success means. One refused recipient is that recipient's; of several nobody
 * says which, so it is the message's.
 */
export function judge(reply: HttpReply, recipients: readonly string[]): Verdict {
  const { code, message } = errorIn(reply.text);
  const plain = byStatus(reply);
  const meaning = CODES[code] ?? STATUSES[reply.status];
  const response = oneLine(code === "" ? plain.response : `${code}: ${message}`);
  const isOne = code === "ErrorInvalidRecipients" && recipients.length === 1;
  const own = isOne ? means("permanent_recipient", "invalid_recipient") : meaning;
  return { ...plain, ...own, response };
}
