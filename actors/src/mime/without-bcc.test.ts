import { expect, test } from "vitest";
import { withoutBcc } from "./without-bcc.ts";

const stripped = (raw: string) => withoutBcc(Buffer.from(raw, "latin1")).toString("latin1");

test.each([
  ["first", "Bcc: a@x\r\nSubject: s\r\n\r\nBcc: text\r\n", "Subject: s\r\n\r\nBcc: text\r\n"],
  ["last", "Subject: s\r\nBCC : a@x\r\n\r\nhi\r\n", "Subject: s\r\n\r\nhi\r\n"],
  ["folded", "Bcc: a@x,\r\n b@x,\r\n\tc@x\r\nTo: d@x\r\n\r\n", "To: d@x\r\n\r\n"],
  ["several", "bcc: a@x\r\nbcc: b@x\r\nResent-Bcc: c@x\r\nTo: d@x\r\n\r\n", "To: d@x\r\n\r\n"],
  ["without a body", "To: d@x\r\nBcc: a@x\r\n", "To: d@x\r\n"],
  ["the only one", "Bcc: a@x\r\n\r\nhi", "\r\nhi"],
])("%s: it is gone, and nothing else is", (_, raw, left) => {
  expect(stripped(raw)).toBe(left);
});

test.each([
  "Subject: Bcc: a@x\r\nX-Bcc: b@x\r\n\r\nBcc: c@x\r\n",
  "Subject: folded\r\n Bcc: a@x\r\n\r\n\xff\x00\xe9\r\n",
  "",
])("what has none is the same octets: %j", (raw) => {
  const given = Buffer.from(raw, "latin1");
  expect(withoutBcc(given)).toBe(given);
});
