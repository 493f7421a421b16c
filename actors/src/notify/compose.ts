import type { DeadLettered, DeadReason, MessageAccepted } from "@waybill/schemas";

/** What a report to a sender is made of. */
export type Told = {
  /** Of the report itself. */
  id: string;
  /** The name by which this relay is known. */
  hostname: string;
  accepted: MessageAccepted;
  dead: DeadLettered;
  /** The header section of the mail as it was kept; empty when it is not kept any more. */
  original: string;
};

/** The status (RFC 3463) of recipients that were given up, where no server named one. */
const STATUS: Record<DeadReason, string> = {
  refused: "5.0.0",
  retries_exhausted: "5.4.7",
  expired: "5.4.7",
  no_route: "5.4.4",
  rejected: "5.7.1",
  ambiguous: "5.4.2",
  storage_error: "5.3.0",
  tenant_deleted: "5.7.0",
};

const WHY: Record<DeadReason, string> = {
  refused: "it was refused",
  retries_exhausted: "it was tried until the time for it was over",
  expired: "it has waited for days, and could not be sent in that time",
  no_route: "there is no way to send it",
  rejected: "the rules of your organization do not let it out",
  ambiguous: "it was sent, no answer came, and it may have arrived",
  storage_error: "its text could not be read",
  tenant_deleted: "your organization is not here any more",
};

// oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
const isAscii = (text: string): boolean => /^[\x00-\x7F]*$/.test(text);

/** On one line, whatever it holds. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();

/** A date of RFC 5322 3.3, in UTC. */
const mailDate = (time: string): string => new Date(time).toUTCString().replace("GMT", "+0000");

function groupOf(recipient: string, { reason, detail }: DeadLettered): string[] {
  const said = plain(detail);
  const enhanced = /^5\d\d[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(said)?.[1];
  const kind = /^[245]\d\d\b/.test(said) ? "smtp" : "x-waybill";
  return [
    "",
    `Final-Recipient: ${isAscii(recipient) ? "rfc822" : "utf-8"}; ${plain(recipient)}`,
    "Action: failed",
    `Status: ${enhanced ?? STATUS[reason]}`,
    ...(said === "" ? [] : [`Diagnostic-Code: ${kind}; ${said}`]),
  ];
}

const words = ({ accepted, dead }: Told): string[] => [
  "Your mail could not be delivered to these recipients, and will not be tried again:",
  "",
  ...dead.recipients.map((one) => `  <${plain(one)}>`),
  "",
  `The reason: ${WHY[dead.reason]}.`,
  ...(dead.detail === "" ? [] : [`What was said: ${plain(dead.detail)}`]),
  "",
  `Subject: ${plain(accepted.header.subject)}`,
  `Its number here: ${accepted.messageId}`,
];

const references = ({ accepted }: Told): string[] => {
  const { messageId } = accepted.header;
  return /^<[!-;=?-~]{1,200}>$/.test(messageId)
    ? [`In-Reply-To: ${messageId}`, `References: ${messageId}`]
    : [];
};

/** A header field or a part cannot be longer than a mail's line may be (RFC 5322 2.1.1). */
const LONGEST_LINE = 998;

const cut = (line: string): string => {
  const bytes = Buffer.from(line);
  return bytes.length <= LONGEST_LINE
    ? line
    : bytes
        .subarray(0, LONGEST_LINE - 3)
        .toString()
        .replace(/\uFFFD$/, "");
};

/** From whom a report comes. */
export const senderOf = (hostname: string): string => `MAILER-DAEMON@${hostname}`;
export const SUBJECT = "Undelivered mail";

/**
 * The report to the sender of a mail whose recipients were given up (RFC 3464, RFC 6522), without
 * anything of its text. The same of the same.
 */
export function composeReport(told: Told): string {
  const { id, hostname, accepted, dead, original } = told;
  const isGlobal = !dead.recipients.every(isAscii);
  const part = (type: string, lines: readonly string[]) => [
    `--=_${id}`,
    `Content-Type: ${type}`,
    "Content-Transfer-Encoding: 8bit",
    "",
    ...lines,
    "",
  ];
  const lines = [
    `Date: ${mailDate(dead.time)}`,
    `From: Mail Delivery System <${senderOf(hostname)}>`,
    `To: <${accepted.envelope.from}>`,
    `Subject: ${SUBJECT}`,
    `Message-ID: <${id}@${hostname}>`,
    ...references(told),
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=delivery-status; boundary="=_${id}"`,
    "",
    ...part("text/plain; charset=utf-8", words(told)),
    ...part(`message/${isGlobal ? "global-" : ""}delivery-status`, [
      `Reporting-MTA: dns; ${hostname}`,
      `Arrival-Date: ${mailDate(accepted.time)}`,
      ...dead.recipients.flatMap((one) => groupOf(one, dead)),
    ]),
    ...(original === "" ? [] : part("text/rfc822-headers", original.trimEnd().split(/\r?\n/))),
    `--=_${id}--`,
    "",
  ];
  return lines.map(cut).join("\r\n");
}
