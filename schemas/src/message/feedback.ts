import type { FeedbackEvent } from "../feedback.ts";
import type { DeliveryStatus, FeedbackView, RecipientStatus, RecipientView } from "../views.ts";

type Reports = Omit<FeedbackView, "delivery">;

/** What an event says of its recipient. */
function reportIn(event: FeedbackEvent): Reports {
  const { at } = event;
  switch (event.type) {
    case "deferred":
      return { deferred: { at, response: event.response } };
    case "confirmed":
      return { confirmed: { at, ...given("response", event.response) } };
    case "bounced": {
      const { isHard, category, response, enhanced } = event;
      return { bounced: { at, isHard, category, response, ...given("enhanced", enhanced) } };
    }
    case "complained":
      return { complained: { at, ...given("feedbackType", event.feedbackType) } };
    case "opened":
      return { opened: { at, isMachine: event.isMachine } };
    case "clicked":
      return { clicked: { at, isMachine: event.isMachine, url: event.url } };
    case "unsubscribed":
      return { unsubscribed: { at } };
  }
}

const given = <N extends string>(name: N, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [name in N]?: string };

const KINDS = [
  "deferred",
  "confirmed",
  "bounced",
  "complained",
  "opened",
  "clicked",
  "unsubscribed",
] as const satisfies readonly FeedbackEvent["type"][];

type AnyReport = { at: string; isHard?: boolean; isMachine?: boolean };

/** 0 for the reports of a kind that stand before the others. */
const rankOf = ({ isHard, isMachine }: AnyReport): number =>
  isHard === false || isMachine === true ? 1 : 0;

/** The same text for the same report, in whatever order its fields are. */
const textOf = (report: AnyReport): string =>
  JSON.stringify(Object.entries(report).toSorted(([a], [b]) => inOrder(a, b)));

/** Below 0 when the one comes first; 0 only for what is the same. */
const inOrder = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** The one of two reports of a kind that is kept: by rank, then by time, then any, always the same. */
function kept(one: AnyReport | undefined, other: AnyReport | undefined, isLast: boolean) {
  if (one === undefined || other === undefined) return one ?? other;
  const byTime = inOrder(one.at, other.at) * (isLast ? -1 : 1);
  const order = rankOf(one) - rankOf(other) || byTime || inOrder(textOf(one), textOf(other));
  return order <= 0 ? one : other;
}

function joined(view: FeedbackView, reports: Reports): FeedbackView {
  const both = KINDS.map(
    (kind) => [kind, kept(view[kind], reports[kind], kind === "deferred")] as const,
  );
  const told = Object.fromEntries(both.filter(([, report]) => report !== undefined));
  return { ...(told as Reports), delivery: view.delivery };
}

/** Who did something with a mail has it, whether or not our own attempt could still say so. */
const isUsed = ({ opened, clicked, unsubscribed }: FeedbackView): boolean =>
  (opened ?? clicked ?? unsubscribed) !== undefined;

const hasNotEnded = ({ delivery }: FeedbackView): boolean =>
  delivery === "queued" || delivery === "deferred";

function statusOf(view: FeedbackView): RecipientStatus {
  const { delivery, deferred, confirmed, bounced, complained } = view;
  const isThere: [boolean, RecipientStatus][] = [
    [complained !== undefined, "complained"],
    [bounced !== undefined, "bounced"],
    [confirmed !== undefined, "delivered"],
    [isUsed(view) && hasNotEnded(view), "delivered"],
    [deferred !== undefined && delivery === "queued", "deferred"],
  ];
  return isThere.find(([holds]) => holds)?.[1] ?? delivery;
}

/**
 * Adds what was told of a recipient: a join of lattices, one of each kind of report, so that order and
 * repetition do not matter. A recipient of whom it tells nothing new stays the same object.
 */
export function foldFeedback(recipient: RecipientView, event: FeedbackEvent): RecipientView {
  const before = recipient.feedback;
  const empty = { delivery: deliveryOf(recipient) };
  const feedback = joined(before ?? empty, reportIn(event));
  const updatedAt = laterOf(recipient.updatedAt, event.time);
  if (before !== null && isSame(before, feedback) && updatedAt === recipient.updatedAt)
    return recipient;
  return { ...recipient, status: statusOf(feedback), feedback, updatedAt };
}

/** Of two times in UTC, as our events or Postgres write them: both sort as text. */
export const laterOf = (one: string, other: string): string => (other > one ? other : one);

/** Whether it tells anything of its recipient that was not told before. */
export function tellsNews(recipient: RecipientView, event: FeedbackEvent): boolean {
  const { feedback: before } = recipient;
  const after = foldFeedback(recipient, event).feedback;
  return before === null || after === null || !isSame(before, after);
}

const isSame = (one: FeedbackView, other: FeedbackView): boolean =>
  KINDS.every((kind) => one[kind] === other[kind]);

/** What our own attempts came to for a recipient. */
const deliveryOf = ({ status, feedback }: RecipientView): DeliveryStatus =>
  feedback?.delivery ?? (status as DeliveryStatus);

/** Changes what our own attempts came to, under what was told: that stays above it. */
export function beneathFeedback(
  recipient: RecipientView,
  change: (bare: RecipientView) => RecipientView,
): RecipientView {
  const { feedback } = recipient;
  if (feedback === null) return change(recipient);
  const bare = { ...recipient, status: feedback.delivery };
  const changed = change(bare);
  if (changed === bare) return recipient;
  const now = { ...feedback, delivery: deliveryOf({ ...changed, feedback: null }) };
  return { ...changed, status: statusOf(now), feedback: now };
}
