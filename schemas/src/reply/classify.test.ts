import * as fc from "fast-check";
import { expect, test } from "vitest";
import { classify, type Stage } from "./classify.ts";

test.each<[string, Stage, string, string]>([
  ["550 5.1.1 no such user", "rcpt", "permanent_recipient", "invalid_recipient"],
  ["550 no", "rcpt", "permanent_recipient", "invalid_recipient"],
  ["450 4.2.1 mailbox busy", "rcpt", "retry", "inactive"],
  ["451 try again later", "rcpt", "retry", "greylist"],
  ["451 4.7.1 Greylisting in action", "rcpt", "retry", "greylist"],
  ["421 4.3.2 shutting down", "mail", "retry", "other"],
  ["421-4.7.28 rate limited", "data", "throttled", "rate_limit"],
  ["450 4.2.1 The user is receiving mail too quickly", "rcpt", "throttled", "rate_limit"],
  ["452 4.5.3 too many recipients", "rcpt", "retry", "protocol"],
  ["452 too many recipients", "rcpt", "retry", "protocol"],
  ["552 too many recipients", "rcpt", "retry", "protocol"],
  ["552 5.5.3 too many recipients", "rcpt", "retry", "protocol"],
  ["452 4.2.2 over quota", "rcpt", "retry", "mailbox_full"],
  ["552 5.2.2 mailbox full", "rcpt", "retry", "mailbox_full"],
  ["552 5.3.4 message too large", "data", "permanent_message", "size"],
  ["550 5.4.5 Daily user sending limit exceeded", "data", "quota", "rate_limit"],
  ["554 5.7.1 Relay access denied", "rcpt", "config", "relay_denied"],
  ["554 5.7.1 blocked using zen.spamhaus.org", "rcpt", "retry", "reputation_block"],
  ["550 5.7.1 likely unsolicited mail", "data", "permanent_message", "spam_content"],
  ["550 5.7.26 unauthenticated", "data", "permanent_message", "sender_auth_fail"],
  ["550 5.1.8 sender address rejected", "mail", "config", "protocol"],
  ["554 5.6.0 bad content", "data", "permanent_message", "content"],
  ["554 no", "data", "permanent_message", "content"],
  ["535 5.7.8 bad credentials", "auth", "auth", "auth_required"],
  ["454 4.7.0 temporary authentication failure", "auth", "retry", "auth_required"],
  ["550 5.7.30 Basic authentication is not supported", "auth", "auth", "auth_required"],
  ["530 5.7.0 authentication required", "mail", "auth", "auth_required"],
  ["554 5.7.1 you are not welcome", "connect", "retry", "policy"],
  ["554 no SMTP here", "connect", "retry", "other"],
  ["550 4.2.0 codes disagree", "rcpt", "permanent_recipient", "other"],
  ["450 5.1.1 codes disagree", "rcpt", "retry", "invalid_recipient"],
])("%s at %s is %s, about %s", (reply, stage, outcome, category) => {
  expect(classify(reply, stage)).toMatchObject({ class: outcome, category });
});

test("a 4yz reply is never permanent, and no reply is accepted or ambiguous", () => {
  const replies = fc.tuple(
    fc.integer({ min: 400, max: 599 }),
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 0, max: 35 }),
    fc.string(),
  );
  const stages = fc.constantFrom<Stage>("connect", "auth", "mail", "rcpt", "data");
  fc.assert(
    fc.property(replies, stages, ([code, subject, detail, text], stage) => {
      const found = classify(`${code} ${String(code)[0]}.${subject}.${detail} ${text}`, stage);
      expect(["accepted", "ambiguous"]).not.toContain(found.class);
      const mayBePermanent = code >= 500 && stage !== "connect";
      expect(mayBePermanent || !found.class.startsWith("permanent")).toBe(true);
    }),
  );
});
