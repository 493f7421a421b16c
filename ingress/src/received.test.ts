import { expect, it } from "vitest";
import { receivedField, transmissionType } from "./received.ts";

const trace = {
  helo: "client.test",
  address: "192.0.2.1",
  hostname: "mx.waybill.test",
  messageId: "01JZZZZZZZZZZZZZZZZZZZZZZZ",
  date: new Date("2026-10-14T12:00:00.000Z"),
  esmtp: true,
  utf8: false,
  tls: false,
  authenticated: false,
};

it("is the field of RFC 5321 4.4", () => {
  expect(receivedField(trace)).toBe(
    "Received: from client.test ([192.0.2.1])\r\n" +
      "\tby mx.waybill.test with ESMTP id 01JZZZZZZZZZZZZZZZZZZZZZZZ;\r\n" +
      "\tWed, 14 Oct 2026 12:00:00 +0000\r\n",
  );
});

it.each([
  [{}, "ESMTP"],
  [{ tls: true }, "ESMTPS"],
  [{ authenticated: true }, "ESMTPA"],
  [{ tls: true, authenticated: true }, "ESMTPSA"],
  [{ utf8: true, tls: true, authenticated: true }, "UTF8SMTPSA"],
  [{ esmtp: false }, "SMTP"],
])("names the transmission type of %j", (given, type) => {
  expect(transmissionType({ ...trace, ...given })).toBe(type);
});

it.each([
  ["[192.0.2.7]", "from [192.0.2.7] ("],
  ["[ipv6:2001:db8::1]", "from [ipv6:2001:db8::1] ("],
  ["evil) by mx.bank.test (", "from unknown ("],
  ["é.test", "from unknown ("],
  ["x".repeat(256), "from unknown ("],
])("does not repeat a name that is none: %s", (helo, expected) => {
  expect(receivedField({ ...trace, helo })).toContain(expected);
});

it("writes an IPv6 client as an address literal", () => {
  expect(receivedField({ ...trace, address: "2001:db8::1" })).toContain("([IPv6:2001:db8::1])");
});
