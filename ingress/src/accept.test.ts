import { MessageAccepted } from "@waybill/schemas/shapes";
import { describe, expect, it } from "vitest";
import { accept, addRecipient, checkAddress, type Transaction } from "./accept.ts";

const transaction = (): Transaction => ({
  messageId: "01JZZZZZZZZZZZZZZZZZZZZZZZ",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  tenant: "acme",
  from: "a@x.test",
  utf8: false,
  recipients: new Map([["b@y.test", "b@Y.test"]]),
});

const kept = {
  client: { address: "192.0.2.1", helo: "client.test", tls: true },
  header: { from: "a@x.test", subject: "s", messageId: "<m@x>" },
  marks: { tags: ["news"], fields: { list: "weekly" } },
  body: { store: "jetstream" as const, chunks: [1], size: 10, sha256: "00" },
  time: "2026-10-14T12:00:00.000Z",
};

describe("accept", () => {
  it("makes the fact of a message, ready for its first attempt", () => {
    const event = accept({ ...kept, transaction: { ...transaction(), credential: "app" } });
    expect(MessageAccepted.parse(event)).toEqual(event);
    expect(event).toMatchObject({
      attempt: 1,
      rung: 0,
      envelope: { from: "a@x.test", recipients: ["b@Y.test"], utf8: false },
      submission: { protocol: "smtp", address: "192.0.2.1", tls: true, credential: "app" },
    });
  });

  it("carries what routing asks, and that the mail is for testing", () => {
    const login = { credential: "app", user: "ann", test: true } as const;
    const { routing } = accept({ ...kept, transaction: { ...transaction(), ...login } });
    expect(routing).toEqual({ ...login, ...kept.marks });
    expect(accept({ ...kept, transaction: transaction() }).routing).toEqual(kept.marks);
  });

  it("names no credential when a network vouched for the client", () => {
    const event = accept({ ...kept, transaction: transaction() });
    expect(event.submission).not.toHaveProperty("credential");
  });
});

describe("a recipient", () => {
  it("is kept once, as it was first written", () => {
    const given = transaction();
    expect(addRecipient(given, ["b@y.test", "b@y.TEST"], 1)).toBeUndefined();
    expect([...given.recipients.values()]).toEqual(["b@Y.test"]);
  });

  it("over the maximum is refused, and those before it stay", () => {
    const given = transaction();
    expect(addRecipient(given, ["c@y.test", "c@y.test"], 1)?.code).toBe(452);
    expect(given.recipients.size).toBe(1);
  });
});

describe("an address", () => {
  const said = { ascii: true, utf8: false, parameters: [] };

  it.each([
    ["mail", { ...said, parameters: ["SIZE", "BODY", "SMTPUTF8", "AUTH"] }, undefined],
    ["mail", { ...said, parameters: ["REQUIRETLS"] }, 555],
    ["rcpt", { ...said, parameters: ["NOTIFY"] }, 555],
    ["rcpt", said, undefined],
    ["mail", { ...said, ascii: false }, 553],
    ["rcpt", { ...said, ascii: false, utf8: true }, undefined],
  ] as const)("of %s with %j gets %s", (verb, given, code) => {
    expect(checkAddress(verb, given)?.code).toBe(code);
  });
});
