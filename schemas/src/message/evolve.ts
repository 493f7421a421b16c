import type {
  DeadLettered,
  FactEvent,
  MailEvent,
  MessageRequeued,
  OutcomeEvent,
  RecipientsSuppressed,
} from "../events.ts";
import type { FeedbackEvent } from "../feedback.ts";
import type { Outcome } from "../outcomes.ts";
import type { MessageStatus, MessageView, RecipientStatus, RecipientView } from "../views.ts";
import { isFeedback } from "../event-words.ts";
import { beneathFeedback, foldFeedback, laterOf } from "./feedback.ts";
import { firstView } from "./first-view.ts";

type Attempted = Exclude<OutcomeEvent, DeadLettered | RecipientsSuppressed>;
type Change = (recipient: RecipientView) => RecipientView;

/**
 * Folds an event into the view of its message. An event folded before (by sequence) changes
 * nothing, and neither does one of a message whose `accepted` the log no longer holds. Recipients
 * an event does not change stay the same objects. `delivered` is final for a recipient: outcomes
 * of a late or doubled attempt never take it back; `dead` ends only by `requeued`, or because the
 * message got there after all.
 */
export function evolveMessage(
  view: MessageView | undefined,
  event: MailEvent,
  seq: number,
): MessageView | undefined {
  if (view === undefined) return event.type === "accepted" ? firstView(event, seq) : undefined;
  if (seq <= view.lastSeq) return view;
  const at = { ...view, lastSeq: seq };
  if (isFeedback(event)) return told(at, event);
  switch (event.type) {
    case "accepted":
      return at;
    case "due":
      return { ...at, nextAttemptAt: null };
    case "requeued":
      return settle(at, event, requeue(event));
    case "delivered":
      return settle(at, event, attempt(event, "delivered"));
    case "failed":
    case "ambiguous":
      return settle(at, event, attempt(event, "deferred"), event.retryAt);
    case "deadlettered":
      return settle(at, event, bury(event));
    case "suppressed":
      return settle(at, event, suppress(event));
  }
}

function requeue({ envelope, time }: MessageRequeued): Change {
  const asked = new Set(envelope.recipients);
  return (recipient) =>
    isDead(recipient) && asked.has(recipient.address)
      ? {
          ...recipient,
          status: "queued",
          reason: null,
          updatedAt: laterOf(recipient.updatedAt, time),
        }
      : recipient;
}

function attempt(event: Attempted, status: "delivered" | "deferred"): Change {
  const outcomes = new Map(event.outcomes.map((outcome) => [outcome.recipient, outcome]));
  return (recipient) => {
    const outcome = outcomes.get(recipient.address);
    if (outcome === undefined || recipient.status === "delivered") return recipient;
    if (status === "delivered")
      return { ...answered(recipient, event, outcome), status, reason: null };
    const hasEnded = isDead(recipient) || recipient.status === "suppressed";
    return { ...answered(recipient, event, outcome), status: hasEnded ? recipient.status : status };
  };
}

const isDead = ({ status }: RecipientView): boolean => status === "dead";

/** An attempt that went on by another provider is counted when it is over. */
const isOver = (event: Attempted): boolean => event.type !== "failed" || event.wentOn !== true;

const answered = (recipient: RecipientView, event: Attempted, outcome: Outcome): RecipientView => ({
  ...recipient,
  attempts: recipient.attempts + (isOver(event) ? 1 : 0),
  response: outcome.response,
  class: outcome.class,
  provider: event.provider.id,
  updatedAt: laterOf(recipient.updatedAt, event.time),
});

function bury({ recipients, reason, detail, time }: DeadLettered): Change {
  const given = new Set(recipients);
  return (recipient) =>
    given.has(recipient.address) && recipient.status !== "delivered"
      ? {
          ...recipient,
          status: "dead",
          reason,
          response: recipient.response ?? detail,
          updatedAt: laterOf(recipient.updatedAt, time),
        }
      : recipient;
}

const told = (view: MessageView, event: FeedbackEvent): MessageView =>
  withRecipients(
    view,
    event,
    view.recipients.map((recipient) =>
      recipient.address === event.recipient ? foldFeedback(recipient, event) : recipient,
    ),
    view.nextAttemptAt,
  );

function suppress({ suppressions, time }: RecipientsSuppressed): Change {
  const reasons = new Map(suppressions.map(({ recipient, reason }) => [recipient, reason]));
  return (recipient) => {
    const why = reasons.get(recipient.address);
    if (why === undefined || recipient.status === "delivered") return recipient;
    const response = `on the suppression list: ${why}`;
    return {
      ...recipient,
      status: "suppressed",
      reason: null,
      response,
      updatedAt: laterOf(recipient.updatedAt, time),
    };
  };
}

function settle(
  view: MessageView,
  event: MessageRequeued | OutcomeEvent,
  change: Change,
  retryAt: string | null = view.nextAttemptAt,
): MessageView {
  const recipients = view.recipients.map((recipient) => beneathFeedback(recipient, change));
  const attempts =
    event.type === "requeued" ? view.attempts : Math.max(view.attempts, event.attempt);
  return withRecipients({ ...view, attempts }, event, recipients, retryAt);
}

function withRecipients(
  view: MessageView,
  event: MessageRequeued | FactEvent,
  recipients: RecipientView[],
  retryAt: string | null,
): MessageView {
  const status = statusOf(recipients);
  const nextAttemptAt = isOpen(status) ? retryAt : null;
  const updatedAt = laterOf(view.updatedAt, event.time);
  return { ...view, recipients, status, nextAttemptAt, updatedAt };
}

/** Whether some recipient of a message has not ended yet. */
export const isOpen = (status: MessageStatus): boolean =>
  status === "queued" || status === "deferred";

function statusOf(recipients: readonly RecipientView[]): MessageStatus {
  const found = new Set(recipients.map((recipient) => recipient.status));
  if (found.has("deferred")) return "deferred";
  if (found.has("queued")) return "queued";
  const [first] = found;
  if (found.size === 1 && first !== undefined) return first;
  if (isWithin(found, ["delivered", "complained"])) return "complained";
  if (isWithin(found, ["dead", "suppressed"])) return "dead";
  return isWithin(found, ["dead", "bounced", "suppressed"]) ? "bounced" : "partial";
}

const isWithin = (found: ReadonlySet<RecipientStatus>, all: readonly RecipientStatus[]): boolean =>
  found.isSubsetOf(new Set(all));
