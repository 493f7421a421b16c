import type { Answer, HttpReply, Verdict } from "@waybill/runtime/outbound";
import { wordsOf } from "./outcomes.ts";

const UNREACHED = "the host cannot be reached or is not allowed";

/** What a reply says of the account, where the service has words of its own for it. */
type Read = (reply: HttpReply) => Verdict | undefined;

const GOOD: Verdict = { success: true, message: "the service answers and accepts the secret" };

function byStatus(reply: HttpReply): Verdict {
  if (reply.status < 300) return GOOD;
  const isRefused = reply.status === 401 || reply.status === 403;
  return { success: false, code: isRefused ? "auth" : "protocol", message: wordsOf(reply) };
}

/** What a question about the account, which sends no mail, says of a provider's settings. */
export function verdictOf(answer: Answer, read: Read = () => undefined): Verdict {
  if (answer.kind === "reply") return read(answer) ?? byStatus(answer);
  const code = answer.kind === "unsent" ? "unreachable" : "protocol";
  const message = answer.kind === "unsent" ? UNREACHED : "the service does not answer";
  return { success: false, code, message };
}
