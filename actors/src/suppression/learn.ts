import type {
  Category,
  FactEvent,
  FeedbackEvent,
  Outcome,
  SuppressionReason,
} from "@waybill/schemas";

/** What a fact tells of an address that mail should not go to any more. */
export type Learnt = {
  address: string;
  reason: SuppressionReason;
  /** Who said so. */
  origin: string;
  category?: Category;
};

/**
 * Whether a refusal for good that is about this says that the mailbox is not there. Only what is
 * about the mailbox itself does: policy, reputation, content, quota and login never speak against
 * an address, a full mailbox is emptied, and a domain that is away comes back.
 */
const SAYS_GONE: Record<Category, boolean> = {
  invalid_recipient: true,
  inactive: true,
  mailbox_full: false,
  bad_domain: false,
  routing: false,
  network: false,
  greylist: false,
  rate_limit: false,
  policy: false,
  spam_content: false,
  reputation_block: false,
  auth_required: false,
  sender_auth_fail: false,
  size: false,
  content: false,
  protocol: false,
  loop: false,
  expired: false,
  relay_denied: false,
  other: false,
};

const saysGone = (category: Category | undefined): boolean =>
  category !== undefined && SAYS_GONE[category];

const isHard = ({ class: outcome, category }: Outcome): boolean =>
  outcome === "permanent_recipient" && saysGone(category);

/** Reports of RFC 5965, and of its registry, that no recipient makes of mail they do not want. */
const NO_COMPLAINTS = new Set(["not-spam", "auth-failure", "dmarc", "virus"]);

const tellerOf = ({ origin }: FeedbackEvent): string => origin.provider?.kind ?? origin.source;

/**
 * The addresses to suppress for what a fact says. The answers of a sandbox are played, and those to a
 * redirect are about its address: neither tells of the recipients.
 */
export function learn(fact: FactEvent): Learnt[] {
  switch (fact.type) {
    case "failed": {
      const { provider, route, outcomes } = fact;
      if (provider.kind === "sandbox" || route.redirectedTo !== undefined) return [];
      return outcomes.filter(isHard).map(({ recipient: address, category }) => ({
        address,
        reason: "hard_bounce",
        origin: provider.kind,
        ...(category && { category }),
      }));
    }
    case "bounced": {
      const { recipient: address, isHard: isFinal, category } = fact;
      const origin = tellerOf(fact);
      return isFinal && saysGone(category)
        ? [{ address, reason: "hard_bounce", origin, category }]
        : [];
    }
    case "complained":
      return NO_COMPLAINTS.has(fact.feedbackType ?? "")
        ? []
        : [{ address: fact.recipient, reason: "complaint", origin: tellerOf(fact) }];
    case "unsubscribed":
      return [{ address: fact.recipient, reason: "unsubscribe", origin: tellerOf(fact) }];
    case "delivered":
    case "ambiguous":
    case "deadlettered":
    case "suppressed":
    case "deferred":
    case "confirmed":
    case "opened":
    case "clicked":
      return [];
  }
}
