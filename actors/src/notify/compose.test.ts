import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import type { DeadLettered, MessageAccepted } from "@waybill/schemas";
import { composeReport, type Told } from "./compose.ts";

const base = {
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  tenant: "t1",
  time: "2026-01-02T03:04:05.000Z",
  traceId: "0".repeat(32),
};
const accepted: MessageAccepted = {
  type: "accepted",
  ...base,
  attempt: 1,
  rung: 0,
  envelope: { from: "app@x.test", recipients: ["a@y.test", "b@y.test"], utf8: false },
  body: { store: "jetstream", chunks: [1], size: 1, sha256: "" },
  routing: { tags: [], fields: {} },
  submission: { protocol: "smtp", address: "127.0.0.1", helo: "x", tls: false },
  header: { from: "app@x.test", subject: "Grüße", messageId: "<1@x.test>" },
};
const dead: DeadLettered = {
  type: "deadlettered",
  ...base,
  attempt: 1,
  reason: "refused",
  recipients: ["a@y.test", "b@y.test"],
  detail: "550 5.1.1 no such user",
};
const report = (more: Partial<Told> = {}) =>
  composeReport({
    id: "01J00000000000000000000000",
    hostname: "mx.x.test",
    accepted,
    dead,
    original: "From: app@x.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    ...more,
  });
const statusOf = (text: string): string =>
  /\r\nContent-Type: message\/[\w-]*delivery-status[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--=_/.exec(
    text,
  )?.[1] ?? "";

const group = (address: string) => [
  `Final-Recipient: rfc822; ${address}`,
  "Action: failed",
  "Status: 5.1.1",
  "Diagnostic-Code: smtp; 550 5.1.1 no such user",
];

describe("a report to a sender", () => {
  test("reads as one, in another's parser", async () => {
    const mail = await PostalMime.parse(report());
    expect(mail.from?.address).toBe("MAILER-DAEMON@mx.x.test");
    expect(mail.to?.[0]?.address).toBe("app@x.test");
    expect(mail.inReplyTo).toBe("<1@x.test>");
    expect(mail.text).toContain("Subject: Grüße");
    expect(mail.attachments.map(({ mimeType }) => mimeType)).toEqual([
      "message/delivery-status",
      "text/rfc822-headers",
    ]);
  });

  test("tells each recipient's end, with the server's own codes", () => {
    expect(statusOf(report()).trimEnd().split("\r\n")).toEqual([
      "Reporting-MTA: dns; mx.x.test",
      "Arrival-Date: Fri, 02 Jan 2026 03:04:05 +0000",
      "",
      ...group("a@y.test"),
      "",
      ...group("b@y.test"),
    ]);
  });

  test("has a status of ours where no server said one, and none of a temporary refusal", () => {
    const late = { ...dead, reason: "retries_exhausted", detail: "451 4.7.1 later" } as const;
    expect(statusOf(report({ dead: late }))).toContain("Status: 5.4.7\r\n");
    const none = { ...dead, reason: "no_route", detail: "no provider" } as const;
    expect(statusOf(report({ dead: none }))).toContain("Diagnostic-Code: x-waybill; no provider");
  });

  test("no value ends its line, or is longer than a line may be", () => {
    const detail = `550 no\r\nBcc: evil@z.test\r\n\r\n--=_01J00000000000000000000000--${"ü".repeat(900)}`;
    const header = { ...accepted.header, subject: "x\r\nBcc: evil@z.test", messageId: "<a\r\nb>" };
    const text = report({ dead: { ...dead, detail }, accepted: { ...accepted, header } });
    expect(text).not.toMatch(/^Bcc:/m);
    const lines = text.split("\r\n");
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(998);
    expect(lines.filter((line) => line.startsWith("--=_") && line.endsWith("--"))).toHaveLength(1);
  });

  test("with an address beyond ASCII says so (RFC 6533)", () => {
    const text = report({ dead: { ...dead, recipients: ["löwe@y.test"] } });
    expect(text).toContain("message/global-delivery-status");
    expect(statusOf(text)).toContain("Final-Recipient: utf-8; löwe@y.test");
  });
});
