import { OutboundError, TokenError } from "@waybill/runtime/outbound";
import { classify, type Outcome, type ReplyStage as Stage } from "@waybill/schemas";
import { withoutToken } from "./http/no-token.ts";

/** Recipients that were refused by name. */
export type Refusals = { rejectedErrors?: SmtpError[] };

export type SmtpError = Error &
  Refusals & {
    code?: string;
    command?: string;
    /** The server's reply; none where it said nothing, or the library refused by itself. */
    response?: string;
    recipient?: string;
    /** Why it was aborted. */
    cause?: unknown;
  };

/** What the library knows of a message that a server took for some. */
export type Sent = Refusals & { response: string; serverMessageId?: string };

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

const [YES, NO] = [/^2\d\d/, /^[45]\d\d/];

/** A reply without a code of either kind: nobody knows what the server did. */
const unclear = (recipient: string, reply: string, mayHave: boolean): Outcome => ({
  recipient,
  class: mayHave ? "ambiguous" : "retry",
  category: "protocol",
  response: `the server said neither yes nor no: ${reply}`,
});

/**
 * One outcome from one reply that the library does not take for a yes. To one that comes before the message
 * is out it does not listen any further: what is left of the message follows.
 */
function answered(recipient: string, error: SmtpError, wasWritten: boolean): Outcome {
  const response = oneLine(error.response ?? "");
  const mayHave = wasWritten || error.code === "EMESSAGE";
  if (!NO.test(response)) return unclear(recipient, response, mayHave);
  const code = Number(response.slice(0, 3));
  return { recipient, response, code, ...classify(response, stageOf(error.command)) };
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

const refusalOf = (recipient: string, { rejectedErrors }: Refusals): SmtpError | undefined =>
  rejectedErrors?.find((one) => one.recipient === recipient);

/** What an error of the library means for a recipient. @param written what is known of the message if all of it was out */
export function outcomeOf(recipient: string, error: SmtpError, written?: Refusals): Outcome {
  const wasWritten = written !== undefined;
  if (error instanceof OutboundError) return unconnected(recipient, error);
  if (error instanceof TokenError) return { recipient, ...withoutToken(error) };
  const own = refusalOf(recipient, written ?? error);
  if (own !== undefined) return answered(recipient, own, wasWritten);
  if (error.response !== undefined) return answered(recipient, error, wasWritten);
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
  if (!YES.test(response)) return unclear(recipient, response, true);
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
  const own = refusalOf(recipient, sent);
  return own === undefined ? accepted(recipient, sent) : answered(recipient, own, true);
}
