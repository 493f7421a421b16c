import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  property,
  record,
  string,
  uint8Array,
} from "fast-check";
import MailComposer from "nodemailer/lib/mail-composer";
import PostalMime from "postal-mime";
import { expect, test } from "vitest";
import { represent, type Mail } from "./mail.ts";

const room = { alternatives: true };

function mailOf(raw: Buffer | string, recipients = ["bob@y.test"]): Mail {
  const made = represent(Buffer.from(raw as string), recipients, room);
  if ("reason" in made) throw new Error(made.reason);
  return made.mail;
}

const compose = (mail: object): Promise<Buffer> =>
  new MailComposer({ newline: "\r\n", ...mail }).compile().build();

const ROUTE = { from: "a@x.test", to: "bob@y.test" };

test("whoever the header does not show is a Bcc; a Bcc of the header is nobody", () => {
  const raw =
    "From: a@x.test\r\nTo: bob@y.test\r\nCc: Eve <eve@Y.test>, bob@y.test\r\nBcc: no@y.test\r\n\r\nx";
  const mail = mailOf(raw, ["bob@y.test", "EVE@y.test", "eve@y.test", "hidden@y.test"]);
  expect(mail.to).toEqual([{ name: "", address: "bob@y.test" }]);
  expect(mail.cc).toEqual([{ name: "Eve", address: "eve@y.test" }]);
  expect(mail.bcc).toEqual(["EVE@y.test", "hidden@y.test"]);
  expect(JSON.stringify(mail)).not.toContain("no@y.test");
});

test("a message in all its parts", async () => {
  const raw = await compose({
    ...ROUTE,
    from: "Jörg Ä <a@bücher.test>",
    replyTo: "r@x.test",
    subject: `${"Grüße 🙂 ".repeat(20)}.`,
    text: "schöne Grüße\n.\n",
    html: '<img src="cid:logo@x">',
    headers: { "X-Kind": "one", "List-Unsubscribe": "<https://x.test/u>", "X-SMTPAPI": "{}" },
    messageId: "<m@x.test>",
    attachments: [
      { filename: "Übersicht.csv", content: "a,b\r\nc,d", contentType: "text/csv" },
      { filename: "logo.png", content: Buffer.from([0, 255, 10, 13]), cid: "logo@x" },
    ],
  });
  const mail = mailOf(raw);
  expect(mail).toMatchObject({
    from: { name: "Jörg Ä", address: "a@xn--bcher-kva.test" },
    replyTo: [{ name: "", address: "r@x.test" }],
    subject: `${"Grüße 🙂 ".repeat(20)}.`,
    text: "schöne Grüße\n.\n",
    html: '<img src="cid:logo@x">',
  });
  expect(mail.attachments).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ filename: "Übersicht.csv", type: "text/csv", isInline: false }),
      expect.objectContaining({ contentId: "logo@x", isInline: true }),
    ]),
  );
  expect(mail.headers.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Date", "Message-ID", "X-Kind", "List-Unsubscribe"]),
  );
  expect(JSON.stringify(mail.headers)).not.toMatch(/content-|mime|smtpapi|subject/i);
});

test("further forms of the text, and what an attachment without encoding holds", () => {
  const raw = [
    "From: a@x.test\r\nTo: bob@y.test\r\nContent-Type: multipart/mixed; boundary=m\r\n",
    "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n",
    "--a\r\n\r\nplain\r\n--a\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN\r\nEND\r\n--a--",
    "--m\r\nContent-Type: text/csv; name*0*=utf-8''%C3%BC; name*1=.csv\r\n\r\na\r\nb\r\n--m--\r\n",
  ].join("\r\n");
  const mail = mailOf(raw);
  expect(mail.text).toBe("plain");
  expect(mail.alternatives).toEqual([{ type: "text/calendar", text: "BEGIN\nEND" }]);
  expect(mail.attachments).toMatchObject([{ filename: "ü.csv", content: Buffer.from("a\r\nb") }]);
});

const word = string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map(
  (text) => text.replaceAll(/[\p{C}\p{Z}]/gu, " ").trim() || "x",
);
const texts = string({ unit: "grapheme", maxLength: 400 }).map((text) => text.replaceAll("\r", ""));
const attachment = record({
  filename: word.map((name) => `${name}.bin`),
  content: uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});
const aMail = record({
  subject: word,
  text: texts,
  html: texts.map((text) => `<p>${text}</p>`),
  attachments: array(attachment, { maxLength: 3 }),
  textEncoding: constantFrom("quoted-printable", "base64"),
});

/** Of a part, their text keeps the line end that belongs to the boundary. */
const asTheirs = (text = ""): string[] => [text, `${text}\n`];

test("what another composer writes, and another parser reads, is read the same here", async () => {
  await assert(
    asyncProperty(aMail, async (mail) => {
      const raw = await compose({ ...ROUTE, ...mail });
      const [ours, theirs] = [mailOf(raw), await PostalMime.parse(raw)];
      expect(ours.subject).toBe(theirs.subject);
      expect(asTheirs(ours.text)).toContain(theirs.text ?? "");
      expect(asTheirs(ours.html)).toContain(theirs.html);
      expect(ours.attachments.map(({ filename }) => filename)).toEqual(
        theirs.attachments.map(({ filename }) => filename),
      );
      expect(ours.attachments.map(({ content }) => content)).toEqual(
        mail.attachments.map(({ content }) => content),
      );
    }),
    { numRuns: 200 },
  );
});

test("no bytes break the reader", () => {
  const line = constantFrom(
    ...'--b|--b--|--|Content-Type: multipart/mixed; boundary=b|Content-Type: text/html; charset="'.split(
      "|",
    ),
    ..."From: a@x.test||=?utf-8?q?=|To: <bob@y.test|Content-Transfer-Encoding: base64| x|;a*0*=%|=3".split(
      "|",
    ),
  );
  assert(
    property(array(line, { maxLength: 30 }), (lines) => {
      const raw = Buffer.from(lines.join("\r\n"));
      expect(() => represent(raw, ["bob@y.test"], room)).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});
