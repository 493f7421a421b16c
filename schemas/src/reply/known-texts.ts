import type { Category, OutcomeClass } from "../outcomes.ts";

/** A reply known by its words; asked in order, the first match wins. */
export type KnownText = { when: RegExp; category: Category; class: OutcomeClass };

/**
 * Replies whose words say more than their codes. The whole reply is matched, codes included.
 * `auth`, `config`, `throttled` and `quota` concern the provider or the sender, not the recipient.
 */
export const KNOWN_TEXTS: readonly KnownText[] = [
  { when: /^5(30|34|35|38)\b/, category: "auth_required", class: "auth" },
  {
    when: /\b4\.7\.28\b|unusual rate|rate limited|UnsolicitedRateLimit/i,
    category: "rate_limit",
    class: "throttled",
  },
  {
    when: /^450[ -]4\.2\.1 .*(too quickly|at a rate)|Peak SMTP relay limit/i,
    category: "rate_limit",
    class: "throttled",
  },
  { when: /^4\d\d.*\[TSS?\d+\]/, category: "rate_limit", class: "throttled" },
  {
    when: /^421 RP-00\d|^451[ -]4\.7\.(5\d\d|[67]\d\d)/,
    category: "rate_limit",
    class: "throttled",
  },
  { when: /^432[ -]4\.3\.2/, category: "rate_limit", class: "throttled" },
  {
    when: /5\.4\.5 .*sending (quota|limit)|5\.1\.90|5\.2\.0 .*rate/i,
    category: "rate_limit",
    class: "quota",
  },
  { when: /^454[ -]4\.7\.0/, category: "auth_required", class: "retry" },
  { when: /5\.7\.30 Basic authentication/i, category: "auth_required", class: "auth" },
  { when: /5\.7\.60 .*SendAs/i, category: "sender_auth_fail", class: "config" },
  {
    when: /\b5\.7\.515\b|\b[45]\.7\.26\b|\b4\.7\.(27|29|30|32)\b/,
    category: "sender_auth_fail",
    class: "permanent_message",
  },
  {
    when: /\b5\.7\.(511|60[6-9]|6[1-4]\d|708|750)\b|\bS31[45]0\b/,
    category: "reputation_block",
    class: "permanent_message",
  },
  {
    when: /spamhaus|barracuda|spamcop|blocked using|black ?list|block list|\bRBL\b|DNSBL|\[BL2\d\]/i,
    category: "reputation_block",
    class: "retry",
  },
  {
    when: /unsolicited|likely.{0,20}spam|\bspam\b.{0,30}(detected|rejected|message)|\[PH\d+\]/i,
    category: "spam_content",
    class: "permanent_message",
  },
  {
    when: /^4\d\d.*(grey-?list|try again (in|later)|temporarily deferred)/i,
    category: "greylist",
    class: "retry",
  },
  {
    when: /relay(ing)? (access )?denied|not permitted to relay/i,
    category: "relay_denied",
    class: "config",
  },
  {
    when: /(user|mailbox|recipient|address).{0,40}(unknown|not found|does(n't| not) exist|no such)|no such user|not a valid recipient/i,
    category: "invalid_recipient",
    class: "permanent_recipient",
  },
  { when: /^[45]52\b.*too many recipients/i, category: "protocol", class: "retry" },
  {
    when: /over ?quota|quota exceeded|mailbox (is )?full|insufficient storage/i,
    category: "mailbox_full",
    class: "retry",
  },
  { when: /too large|size limit|exceeds.*size/i, category: "size", class: "permanent_message" },
];
