import { expect, test } from "vitest";
import { Host } from "./mail-host.ts";
import { MailAddress } from "./mail-address.ts";

test.each([
  "smtp.example.com",
  "localhost",
  "mail_sink",
  "smtp.example.com.",
  "a1.b-2.c3",
  "192.0.2.1",
  "::1",
  "2001:db8::25",
])("%s is a host", (text) => {
  expect(Host.safeParse(text).success).toBe(true);
});

test.each([
  "",
  "smtp://example.com",
  "example.com:25",
  "user@example.com",
  "exa mple.com",
  "example.com\r\nMAIL FROM:<>",
  "example.com\u0000",
  "example..com",
  ".example.com",
  "[::1]",
  "fe80::1%eth0",
  "127.1",
  "2130706433",
  "0x7f.0x1",
  "example.com/path",
  `${"a".repeat(64)}.com`,
  `${"a.".repeat(126)}ab`,
])("%j is none", (text) => {
  expect(Host.safeParse(text).success).toBe(false);
});

test.each(["ann@example.com", "a.b+c@mail.example.org"])("%s is an address", (text) => {
  expect(MailAddress.safeParse(text).success).toBe(true);
});

test.each([
  "ann",
  "ann@example.com\r\nBcc: all@example.com",
  "Ann <ann@example.com>",
  "ann@example.com, bob@example.com",
  `${"a".repeat(250)}@example.com`,
])("%j is no address", (text) => {
  expect(MailAddress.safeParse(text).success).toBe(false);
});
