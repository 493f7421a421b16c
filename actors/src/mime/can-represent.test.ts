import { expect, test } from "vitest";
import { represent } from "./mail.ts";

const RECIPIENTS = ["bob@y.test", "eve@y.test"];
const FROM = "From: a@x.test\r\n";
const HEAD = `${FROM}To: bob@y.test\r\nSubject: s\r\nDate: d\r\n`;

const reasonOf = (raw: string | Buffer, recipients = RECIPIENTS, alternatives = false) => {
  const made = represent(Buffer.from(raw as string, "latin1"), recipients, { alternatives });
  return "reason" in made ? made.reason : undefined;
};

const part = (type: string, body = "x", more = "") => `Content-Type: ${type}\r\n${more}\r\n${body}`;
const multi = (kind: string, ...parts: string[]) =>
  part(
    `multipart/${kind}; boundary=b`,
    parts.map((one) => `--b\r\n${one}\r\n`).join("") + "--b--\r\n",
  );
const within = (outer: string) =>
  part('multipart/mixed; boundary="out er"', `--out er\r\n${outer}\r\n--out er--\r\n`);

const calendar = multi("alternative", part("text/plain"), part("text/calendar; method=REQUEST"));
const both = multi("alternative", part("text/plain"), part("text/html"));

test.each([
  ["signed", HEAD + multi("signed", part("text/plain"), part("application/pgp-signature"))],
  ["signed", HEAD + within(multi("signed", part("text/plain"), part("application/pgp-signature")))],
  ["encrypted", HEAD + multi("encrypted", part("application/pgp-encrypted"))],
  ["encrypted", HEAD + part("application/pkcs7-mime; smime-type=enveloped-data")],
  ["encrypted", HEAD + part("application/x-pkcs7-mime")],
  ["report", HEAD + multi("report; report-type=delivery-status", part("text/plain"))],
  ["root", HEAD + part("message/rfc822", FROM)],
  ["root", HEAD + part("application/pdf")],
  ["unreadable", HEAD + part("multipart/mixed")],
  ["unreadable", HEAD + part("multipart/mixed; boundary=other", "--b\r\n\r\nx\r\n--b--\r\n")],
  ["dkim_signature", `DKIM-Signature: v=1; d=x.test\r\n${HEAD}\r\nx`],
  ["repeated_field", `${HEAD}Subject: another\r\n\r\nx`],
  ["repeated_field", `${HEAD}To: eve@y.test\r\n\r\nx`],
  ["repeated_field", HEAD + part("text/plain", "x", "Content-Type: text/html\r\n")],
  ["sender", "To: bob@y.test\r\n\r\nx"],
  ["sender", "From: a@x.test, b@x.test\r\nTo: bob@y.test\r\n\r\nx"],
  ["sender", "From: nobody\r\nTo: bob@y.test\r\n\r\nx"],
  ["recipients", `${FROM}To: bob@y.test, else@y.test\r\n\r\nx`],
  ["recipients", `${FROM}To: bob@y.test\r\nCc: else@y.test\r\n\r\nx`],
  ["recipients", `${FROM}To: Bob@y.test\r\n\r\nx`],
  ["recipients", `${FROM}To: the team\r\n\r\nx`],
  ["encoding", HEAD + part("text/plain", "x", "Content-Transfer-Encoding: x-uuencode\r\n")],
  ["encoding", HEAD + part("text/plain", "x", "Content-Transfer-Encoding: binary\r\n")],
  ["charset", HEAD + part("text/plain; charset=x-unknown")],
  ["charset", HEAD + part("text/plain; charset=utf-8", "\xe4")],
  ["charset", HEAD + part("text/plain; charset=us-ascii", "\xc3\xa4")],
  ["charset", HEAD + part("text/plain", "\xe4")],
  ["charset", `${HEAD}X-Name: \xe4\r\n\r\nx`],
  ["charset", HEAD + within(part('application/pdf; name="\xe4.pdf"'))],
  ["texts", HEAD + multi("mixed", part("text/plain"), part("text/plain"))],
  ["texts", HEAD + multi("mixed", part("text/plain"), part("text/html"))],
  ["texts", HEAD + multi("alternative", part("text/html"), part("text/html"))],
  ["alternative", HEAD + calendar],
  ["unreadable", HEAD + multi("mixed", ...Array.from({ length: 1100 }, () => part("image/png")))],
])("%s", (reason, raw) => {
  expect(reasonOf(raw)).toBe(reason);
});

test("a local part beyond ASCII, shown or not", () => {
  expect(reasonOf(`${HEAD}\r\nx`, [...RECIPIENTS, "jörg@y.test"])).toBe("local_part");
  const shown = Buffer.from(`${HEAD}Reply-To: jörg@y.test\r\n\r\nx`).toString("latin1");
  expect(reasonOf(shown)).toBe("local_part");
});

test("parts in parts without end are not read", () => {
  const nested = (depth: number): string =>
    depth === 0
      ? part("text/plain")
      : part(`multipart/mixed; boundary=b${depth}`, `--b${depth}\r\n${nested(depth - 1)}\r\n`);
  expect(reasonOf(HEAD + nested(19))).toBeUndefined();
  expect(reasonOf(HEAD + nested(30))).toBe("unreadable");
});

test.each([
  ["a plain one", `${HEAD}\r\nx`],
  ["an empty one", `${HEAD}\r\n`],
  ["plain and HTML", HEAD + both],
  ["plain and HTML with an attachment", HEAD + within(both)],
  ["a text in Latin-1", HEAD + part("text/plain; charset=iso-8859-1", "\xe4")],
  ["a list of no one", `${FROM}To: undisclosed-recipients:;\r\n\r\nx`],
  ["a group", `${FROM}To: team: bob@y.test, Eve <eve@y.test>;\r\n\r\nx`],
  ["another spelling of a domain", `${FROM}To: bob@Y.Test\r\n\r\nx`],
  ["a message within", HEAD + multi("mixed", part("text/plain"), part("message/rfc822", FROM))],
])("%s can be represented", (_, raw) => {
  expect(reasonOf(raw)).toBeUndefined();
});

test("a further form of the text, where there is room for it", () => {
  expect(reasonOf(HEAD + calendar, RECIPIENTS, true)).toBeUndefined();
});

test("a domain in Unicode and its ASCII form are one", () => {
  const raw = Buffer.from(`${FROM}To: bob@bücher.test\r\n\r\nx`).toString("latin1");
  expect(reasonOf(raw, ["bob@xn--bcher-kva.test"])).toBeUndefined();
});
