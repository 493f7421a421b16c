import type { Category, OutcomeClass } from "../outcomes.ts";

type Meaning = { category: Category; permanent: OutcomeClass; temporary?: OutcomeClass };

const recipient = (category: Category): Meaning => ({ category, permanent: "permanent_recipient" });
const message = (category: Category): Meaning => ({ category, permanent: "permanent_message" });
const always = (category: Category, outcome: OutcomeClass): Meaning => ({
  category,
  permanent: outcome,
  temporary: outcome,
});

/**
 * The subject and detail of an enhanced status code (RFC 3463, RFC 7372, the IANA registry): what
 * it is about, and what it means when the basic code says 5yz. With 4yz it is `retry` unless the
 * table says otherwise. `7.*` stands for every detail of a subject that has no row of its own.
 */
export const ENHANCED_CODES: Record<string, Meaning> = {
  "1.0": recipient("invalid_recipient"),
  "1.1": recipient("invalid_recipient"),
  "1.2": recipient("bad_domain"),
  "1.3": recipient("invalid_recipient"),
  "1.4": recipient("invalid_recipient"),
  "1.6": recipient("invalid_recipient"),
  "1.7": always("protocol", "config"),
  "1.8": always("protocol", "config"),
  "1.10": recipient("bad_domain"),
  "1.*": recipient("invalid_recipient"),
  "2.0": recipient("other"),
  "2.1": recipient("inactive"),
  "2.2": always("mailbox_full", "retry"),
  "2.3": message("size"),
  "2.4": always("other", "retry"),
  "2.*": recipient("other"),
  "3.4": message("size"),
  "3.*": { category: "other", permanent: "permanent_message" },
  "4.4": recipient("bad_domain"),
  "4.6": message("loop"),
  "4.7": message("expired"),
  "4.*": { category: "network", permanent: "permanent_message" },
  "5.3": always("protocol", "retry"),
  "5.*": message("protocol"),
  "6.*": message("content"),
  "7.0": { category: "policy", permanent: "permanent_message" },
  "7.1": { category: "policy", permanent: "permanent_message" },
  "7.8": always("auth_required", "auth"),
  "7.9": always("auth_required", "auth"),
  "7.11": always("auth_required", "auth"),
  "7.12": always("auth_required", "auth"),
  "7.13": recipient("inactive"),
  "7.14": always("auth_required", "auth"),
  "7.17": recipient("inactive"),
  "7.18": recipient("bad_domain"),
  "7.20": message("sender_auth_fail"),
  "7.21": message("sender_auth_fail"),
  "7.22": message("sender_auth_fail"),
  "7.23": message("sender_auth_fail"),
  "7.24": message("sender_auth_fail"),
  "7.25": message("sender_auth_fail"),
  "7.26": message("sender_auth_fail"),
  "7.27": always("protocol", "config"),
  "7.28": always("rate_limit", "throttled"),
  "7.29": message("sender_auth_fail"),
  "7.*": message("policy"),
};
