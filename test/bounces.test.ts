import { afterAll, beforeAll, expect, test } from "vitest";
import { RETURN_PATH, takeBounces } from "./src/bounce/own-domain.ts";
import { openDialogue } from "./src/mail/smtp-dialogue.ts";
import { startSink, type Sink } from "./src/mail/sink.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { until } from "./src/relay/until.ts";

type Seen = { status: string; recipients: { response: string | null; feedback: object | null }[] };
type List = { items: { address: string; reason: string; origin: string }[] };

const GONE = "gone@example.net";
const LATE = "late@example.net";
let sink: Sink;
let relay: Relay;

beforeAll(async () => {
  sink = await startSink({
    keep: "raw",
    reply: (stage, { recipient }) =>
      stage === "rcpt" && recipient === GONE ? "550 5.1.1 no such user" : undefined,
  });
  relay = await (await makeRelay({ env: { WAYBILL_RELAY_URL: sink.url } })).start();
  await takeBounces(relay);
});
afterAll(async () => {
  await relay.discard();
  await sink.stop();
});

const read = async <T>(path: string): Promise<T> =>
  (await (await relay.api(`/api/v1/${path}`)).json()) as T;
const seen = (id: string, status: string, patience?: number): Promise<Seen> =>
  until(
    `${id} ${status}`,
    async () => {
      const message = await read<Seen>(`messages/${id}`);
      return message.status === status && message;
    },
    patience,
  );
const listed = (address: string) =>
  until(`${address} on the list`, async () => {
    const { items } = await read<List>(`suppressions?address=${address}`);
    return items[0];
  });

/** Hands in mails to an address until one is held back: the actors may read the list a moment later. */
const heldBack = (address: string): Promise<Seen> =>
  until(`mail to ${address} held back`, async () => {
    const id = await sendOne(relay, `again-${Math.random()}`, address);
    return seen(id, "suppressed", 5000);
  });

/** Brings a mail as any server does, without a login; the reply that settled it. */
async function bring(to: string, mail: string): Promise<string> {
  const session = await openDialogue(relay.smtpPort, { timeoutMs: 20_000 });
  await session.reply();
  await session.ehlo();
  let said = "";
  for (const command of ["MAIL FROM:<>", `RCPT TO:<${to}>`, "DATA", `${mail}\r\n.`]) {
    const { code, lines } = await session.ask(command);
    said = `${code} ${lines.join(" ")}`;
    if (code >= 400) break;
  }
  await session.close();
  return said;
}

const report = (recipient: string) =>
  [
    "From: MAILER-DAEMON@example.net",
    "Message-ID: <1@example.net>",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    "",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; example.net",
    "",
    `Final-Recipient: rfc822; ${recipient}`,
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 user unknown",
    "",
    "--b--",
    "",
  ].join("\r\n");

test("a mailbox that is not there is suppressed, its sender told, and asked for no more", async () => {
  const id = await sendOne(relay, "gone", GONE);
  await seen(id, "dead");
  expect(await listed(GONE)).toMatchObject({ reason: "hard_bounce", origin: "smtp" });
  await sink.waitFor(({ raws }) => raws.some(({ from }) => from === ""), 60_000);
  const told = sink.raws.find(({ from }) => from === "");
  expect(told?.recipients).toEqual(["me@example.com"]);
  const text = told?.raw.toString() ?? "";
  expect(text).toContain("report-type=delivery-status");
  expect(text).toMatch(
    /Final-Recipient: rfc822; gone@example.net\r\nAction: failed\r\nStatus: 5.1.1/,
  );
  expect(text).toContain("X-Test-Id: gone");
  const { recipients } = await heldBack(GONE);
  expect(recipients[0]?.response).toBe("on the suppression list: hard_bounce");
});

test("a mail that comes back later is known by its return path, and suppressed", async () => {
  const id = await sendOne(relay, "late", LATE);
  await sink.waitFor(({ mails }) => mails.has("late"), 60_000);
  await seen(id, "delivered");
  const from = sink.raws.find((mail) => mail.id === "late")?.from ?? "";
  expect(from).toMatch(new RegExp(`^b\\+[a-z0-9.]{54}@${RETURN_PATH}$`));
  const forged = from.replace(/.@/, from.includes("0@") ? "1@" : "0@");
  expect(await bring(forged, report(LATE))).toMatch(/^550 5\.7\.1/);
  expect(await bring("somebody@example.net", report(LATE))).toMatch(/^530 5\.7\.0/);
  expect(await bring(from, report(LATE))).toMatch(/^250 2\.0\.0/);
  const { recipients } = await seen(id, "bounced");
  expect(recipients[0]?.feedback).toMatchObject({ bounced: { isHard: true } });
  expect(await listed(LATE)).toMatchObject({ reason: "hard_bounce", origin: "dsn" });
  await heldBack(LATE);
});
