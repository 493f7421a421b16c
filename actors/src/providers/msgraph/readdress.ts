import { isUtf8 } from "node:buffer";
import { domainToASCII } from "node:url";
import { addressList } from "@waybill/schemas";

/** A message as it is handed over, and the recipients that its header does not show. */
export type Readdressed = { mime: Buffer; hidden: string[] };

type Encoding = "utf8" | "latin1";

const END = "\r\n\r\n";

const unquoted = (local: string): string =>
  local.startsWith('"') ? local.slice(1, -1).replaceAll(/\\(.)/gs, "$1") : local;

/** What two spellings of a mailbox have in common. Exchange, as nearly all others, tells no cases apart. */
const keyOf = (local: string, domain: string): string =>
  `${unquoted(local)}@${domainToASCII(domain) || domain}`.toLowerCase();

function keyOfAddress(address: string): string {
  const at = address.lastIndexOf("@");
  return keyOf(address.slice(0, at), address.slice(at + 1));
}

/** An envelope's address as a header has it: what is no dot-atom is quoted (RFC 5322 3.4.1). */
function written(address: string): string {
  if (addressList(address)?.length === 1) return address;
  const at = address.lastIndexOf("@");
  const local = unquoted(address.slice(0, at)).replaceAll(/["\\]/g, String.raw`\$&`);
  return `"${local}"${address.slice(at)}`;
}

/** The fields of a header section, each with its CRLF; Latin-1, so that no octet changes. */
const fieldsOf = (head: string): string[] => (head === "" ? [] : head.split(/(?<=\r\n)(?![ \t])/));

const nameOf = (field: string): string =>
  field
    .slice(0, Math.max(field.indexOf(":"), 0))
    .trimEnd()
    .toLowerCase();

const list = (name: string, mailboxes: readonly string[]): string =>
  mailboxes.length === 0 ? "" : `${name}: ${mailboxes.join(",\r\n ")}\r\n`;

/**
 * A To or Cc field with those mailboxes alone that are still open, which it closes: as it came when
 * that is all of them, empty when it is none. What cannot be read as a list is empty, because others
 * may read addresses in it.
 */
function narrowed(field: string, open: Map<string, string>): string {
  const bytes = Buffer.from(field, "latin1");
  const encoding: Encoding = isUtf8(bytes) ? "utf8" : "latin1";
  const colon = field.indexOf(":");
  const all = addressList(bytes.toString(encoding).slice(colon + 1));
  if (all === undefined) return "";
  const kept = all.filter(({ local, domain }) => open.delete(keyOf(local, domain)));
  if (kept.length === all.length) return field;
  const texts = kept.map(({ text }) => Buffer.from(text, encoding).toString("latin1"));
  return list(field.slice(0, colon).trimEnd(), texts);
}

/**
 * Makes To, Cc and Bcc of a message name the recipients of its envelope, each of them once, and
 * nobody else: for interfaces that send to whom the header says. Who is in To or Cc stays there, the
 * others come into Bcc. All other fields and the body stay byte for byte; what is added is on top.
 * @param relayId goes along as X-Relay-Id
 */
export function readdress(
  raw: Buffer,
  recipients: readonly string[],
  relayId: string,
): Readdressed {
  const found = raw.indexOf(END);
  const end = raw.subarray(0, 2).toString() === "\r\n" ? 0 : found < 0 ? raw.length : found + 2;
  const open = new Map(recipients.map((address) => [keyOfAddress(address), address]));
  const seen = new Set(["bcc"]);
  const fields = fieldsOf(raw.toString("latin1", 0, end)).map((field) => {
    const name = nameOf(field);
    if (!["to", "cc", "bcc"].includes(name)) return field;
    if (seen.has(name)) return "";
    seen.add(name);
    return narrowed(field, open);
  });
  const hidden = [...open.values()];
  const head = Buffer.from(fields.join(""), "latin1");
  const added = `${list("Bcc", hidden.map(written))}X-Relay-Id: ${relayId}\r\n`;
  return { mime: Buffer.concat([Buffer.from(added), head, raw.subarray(end)]), hidden };
}

/** The Message-ID of a message, with its angle brackets. */
export function messageIdIn(raw: Buffer): string | undefined {
  const end = raw.indexOf(END);
  const head = raw.toString("latin1", 0, end < 0 ? raw.length : end + 2);
  const field = fieldsOf(head).find((one) => nameOf(one) === "message-id");
  return field === undefined ? undefined : /<[^<>\s]+>/.exec(field)?.[0];
}
