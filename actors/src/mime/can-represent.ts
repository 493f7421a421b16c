import { isUtf8 } from "node:buffer";
import { addressParser, type Mailbox } from "postal-mime";
import { asciiDomain, hasAsciiLocalPart } from "./address.ts";
import { isAlternative, isDecodable, isText, textOf } from "./content.ts";
import { isMultipart, leavesOf, partsIn, type Part } from "./part.ts";

/** Why a message cannot be said again in JSON without being another one. */
export type Reason =
  | "signed"
  | "encrypted"
  | "report"
  | "root"
  | "unreadable"
  | "dkim_signature"
  | "repeated_field"
  | "sender"
  | "local_part"
  | "recipients"
  | "encoding"
  | "charset"
  | "texts"
  | "alternative";

/** What a provider's JSON has room for. */
export type Room = { alternatives: boolean };

const BY_TYPE: Record<string, Reason> = {
  "multipart/signed": "signed",
  "multipart/encrypted": "encrypted",
  "application/pkcs7-mime": "encrypted",
  "application/x-pkcs7-mime": "encrypted",
  "multipart/report": "report",
};

/** Fields that a message has once (RFC 5322 3.6, RFC 2045). */
const ONCE = new Set([
  ..."date from sender reply-to to cc subject message-id in-reply-to references".split(" "),
  ..."mime-version content-type content-transfer-encoding content-disposition".split(" "),
]);

/** The mailboxes of all fields of a name, those of their groups included. */
export const mailboxesIn = (root: Part, key: string): Mailbox[] =>
  root.fields
    .filter((field) => field.key === key)
    .flatMap(({ value }) => addressParser(value, { flatten: true }) as Mailbox[]);

const addresses = (root: Part, ...keys: string[]): string[] =>
  keys.flatMap((key) => mailboxesIn(root, key)).map(({ address }) => address);

function repeats({ fields }: Part): boolean {
  const once = fields.map(({ key }) => key).filter((key) => ONCE.has(key));
  return new Set(once).size < once.length;
}

function hasOneSender(root: Part): boolean {
  const [from, ...more] = addresses(root, "from");
  return from?.includes("@") === true && more.length === 0;
}

/** Whom the header shows must be mailed: no one can be shown only. */
function showsOnlyMailed(root: Part, recipients: readonly string[]): boolean {
  const envelope = new Set(recipients.map(asciiDomain));
  return addresses(root, "to", "cc").every((address) => envelope.has(asciiDomain(address)));
}

const hasAsciiLocalParts = (root: Part, recipients: readonly string[]): boolean =>
  [...recipients, ...addresses(root, "from", "to", "cc", "reply-to")].every(hasAsciiLocalPart);

/** Whether its texts are what they say they are in, and its header sections can be read at all. */
const isConvertible = (root: Part): boolean =>
  partsIn(root).every(({ header }) => isUtf8(header)) &&
  leavesOf(root)
    .filter((part) => isText(part) || isAlternative(part))
    .every((part) => textOf(part) !== undefined);

function alternativeAbove({ parent }: Part): Part | undefined {
  if (parent === undefined || parent.type.value === "multipart/alternative") return parent;
  return alternativeAbove(parent);
}

/** One text at most, or the same text plain and in HTML. */
function hasOneText(root: Part): boolean {
  const [first, second, ...more] = leavesOf(root).filter(isText);
  if (first === undefined || second === undefined) return true;
  const above = alternativeAbove(first);
  const isSame = above !== undefined && above === alternativeAbove(second);
  return more.length === 0 && isSame && first.type.value !== second.type.value;
}

type Check = readonly [Reason, (root: Part, recipients: readonly string[], room: Room) => boolean];

/** What must hold, in the order in which it is asked. */
const CHECKS: readonly Check[] = [
  ["root", (root) => isMultipart(root) || isText(root)],
  ["unreadable", (root) => partsIn(root).every((one) => !isMultipart(one) || one.parts.length > 0)],
  ["dkim_signature", ({ fields }) => fields.every(({ key }) => key !== "dkim-signature")],
  ["repeated_field", (root) => !repeats(root)],
  ["sender", hasOneSender],
  ["local_part", hasAsciiLocalParts],
  ["recipients", showsOnlyMailed],
  ["encoding", (root) => leavesOf(root).every(isDecodable)],
  ["charset", isConvertible],
  ["texts", hasOneText],
  ["alternative", (root, _, room) => room.alternatives || !partsIn(root).some(isAlternative)],
];

/**
 * Whether a JSON interface can carry a message as it is: with the structure it has, for its envelope
 * and shown to those it shows. What is signed, encrypted or a report, or shows somebody who is not
 * mailed, goes as raw bytes or not at all.
 * @returns undefined when it can, or the first reason why it cannot
 */
export function canRepresent(
  root: Part,
  recipients: readonly string[],
  room: Room,
): Reason | undefined {
  const byType = partsIn(root).map(({ type }) => BY_TYPE[type.value]);
  return (
    byType.find((reason) => reason !== undefined) ??
    CHECKS.find(([, holds]) => !holds(root, recipients, room))?.[0]
  );
}
