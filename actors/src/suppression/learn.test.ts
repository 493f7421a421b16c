import { expect, test } from "vitest";
import type {
  Category,
  DeliveryFailed,
  MailBounced,
  MailComplained,
  Outcome,
} from "@waybill/schemas";
import { learn } from "./learn.ts";

const failed = (outcomes: Outcome[], more: Partial<DeliveryFailed> = {}): DeliveryFailed => ({
  type: "failed",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  tenant: "t1",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 1,
  provider: { id: "p", kind: "smtp" },
  route: { because: "test", owner: "tenant" },
  durationMs: 1,
  outcomes,
  ...more,
});

const refused = (category: Category, outcome: Outcome["class"] = "permanent_recipient") => ({
  recipient: `${category}@y.test`,
  class: outcome,
  category,
  response: "550 no",
});

test("only an answer that the mailbox is not there speaks against an address", () => {
  const categories: Category[] = [
    "invalid_recipient",
    "inactive",
    "mailbox_full",
    "bad_domain",
    "policy",
    "spam_content",
    "reputation_block",
    "auth_required",
    "content",
    "other",
  ];
  const learnt = learn(failed(categories.map((one) => refused(one))));
  expect(learnt.map(({ address, reason, origin }) => [address, reason, origin])).toEqual([
    ["invalid_recipient@y.test", "hard_bounce", "smtp"],
    ["inactive@y.test", "hard_bounce", "smtp"],
  ]);
});

test("what is tried again speaks against nobody", () => {
  expect(learn(failed([refused("invalid_recipient", "retry")]))).toEqual([]);
});

test("neither a sandbox nor the address of a redirect speaks against recipients", () => {
  const outcomes = [refused("invalid_recipient")];
  expect(learn(failed(outcomes, { provider: { id: "s", kind: "sandbox" } }))).toEqual([]);
  const route = { because: "test", redirectedTo: "staging@x.test" };
  expect(learn(failed(outcomes, { route }))).toEqual([]);
});

const told = {
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  tenant: "t1",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  at: "2026-01-01T00:00:00.000Z",
  recipient: "a@y.test",
  origin: { source: "webhook", provider: { id: "p", kind: "ses" }, eventId: "1" },
} as const;
const bounced = (isHard: boolean, category: Category): MailBounced => ({
  type: "bounced",
  ...told,
  isHard,
  category,
  response: "",
});
const complained = (feedbackType: string): MailComplained => ({
  type: "complained",
  ...told,
  feedbackType,
});

test("of bounces told afterwards, the hard ones that say that the mailbox is gone do", () => {
  const reasons = [
    bounced(true, "invalid_recipient"),
    bounced(false, "invalid_recipient"),
    bounced(true, "spam_content"),
  ].map((fact) => learn(fact).map(({ reason, origin }) => [reason, origin]));
  expect(reasons).toEqual([[["hard_bounce", "ses"]], [], []]);
});

test("complaints do, and who wants no more; a report that it is no spam does not", () => {
  expect(learn(complained("abuse"))[0]?.reason).toBe("complaint");
  expect(learn(complained("not-spam"))).toEqual([]);
  expect(learn({ type: "unsubscribed", ...told })[0]?.reason).toBe("unsubscribe");
});
