import { OutboundError, TokenError } from "@waybill/runtime/outbound";
import { classify, type Outcome, type ReplyStage as Stage } from "@waybill/schemas";
import { withoutToken } from "./http/no-token.ts";

export type SmtpError = Error & {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
  recipient?: string;
  rejectedErrors?: SmtpError[];
  /** Why it was aborted. */
  cause?: unknown;
};

/** What the library knows of a message that a server took for some. */
export type Sent = { response: string; rejectedErrors?: SmtpError[]; serverMessageId?: string };

const STAGES: Record<string, Stage> = {
  CONN: "connect",
  "MAIL FROM": "mail",
  "RCPT TO": "rcpt",
  DATA: "data",
};

const stageOf = (command = ""): Stage =>
  STAGES[command] ?? (command.startsWith("AUTH") ? "auth" : "connect");

/** Errors of the library that end a session before, or without, a reply. */
const LOST = new Set([
  "ECONNECTION",
  "ETIMEDOUT",
  "ESOCKET",
  "EDNS",
  "ETLS",
  "EPROTOCOL",
  "EABORT",
]);

/** One outcome from one negative reply. */
function refused(recipient: string, error: SmtpError): Outcome {
  const response = oneLine(error.response ?? error.message);
  const code = error.responseCode;
  return {
    recipient,
    response,
    ...(code === undefined ? {} : { code }),
    ...classify(response, stageOf(error.command)),
  };
}

const oneLine = (text: string): string => text.replace(/\s*\r?\n\s*/g, " ").slice(0, 500);

/** An abort is told by its reason. */
const wordsOf = ({ code, cause, message }: SmtpError): string =>
  code === "EABORT" && cause instanceof Error ? cause.message : message;

/** A session that ended without a reply: harmless unless the whole message was out. */
function lost(recipient: string, error: SmtpError, wasWritten: boolean): Outcome {
  const response = oneLine(wordsOf(error));
  return wasWritten
    ? {
        recipient,
        class: "ambiguous",
        category: "network",
        response: `no reply to the message: ${response}`,
      }
    : { recipient, class: "retry", category: "network", response };
}

/** No session: only the guard's refusal is about the settings. */
const unconnected = (recipient: string, { kind, message: response }: OutboundError): Outcome => ({
  recipient,
  class: kind === "refused" ? "config" : "retry",
  category: "network",
  response,
});

/** What an error of the library means for a recipient. @param wasWritten whether the whole message was out */
export function outcomeOf(recipient: string, error: SmtpError, wasWritten: boolean): Outcome {
  if (error instanceof OutboundError) return unconnected(recipient, error);
  if (error instanceof TokenError) return { recipient, ...withoutToken(error) };
  const own = error.rejectedErrors?.find((one) => one.recipient === recipient);
  if (own !== undefined) return refused(recipient, own);
  if (error.responseCode !== undefined) return refused(recipient, error);
  const response = oneLine(error.message);
  if (error.code === "EAUTH" || error.code === "ENOAUTH") {
    return { recipient, class: "auth", category: "auth_required", response };
  }
  if (error.code === "EMESSAGE")
    return { recipient, class: "permanent_message", category: "size", response };
  if (error.code === "EENVELOPE")
    return { recipient, class: "permanent_recipient", category: "protocol", response };
  return LOST.has(error.code ?? "")
    ? lost(recipient, error, wasWritten)
    : { recipient, class: "retry", category: "other", response };
}

function accepted(recipient: string, sent: Sent): Outcome {
  const response = oneLine(sent.response);
  const code = Number(response.slice(0, 3));
  const id = sent.serverMessageId;
  return {
    recipient,
    class: "accepted",
    code,
    response,
    ...(id === undefined ? {} : { providerMessageId: id }),
  };
}

/** What became of a recipient of a message that was taken for some. */
export function outcomeIn(recipient: string, sent: Sent): Outcome {
  const own = sent.rejectedErrors?.find((one) => one.recipient === recipient);
  return own === undefined ? accepted(recipient, sent) : refused(recipient, own);
}
