import { fieldsOf, structured, valueOf, type Field, type Structured } from "./fields.ts";

/** A part of a message (RFC 2045); the message itself is the first. */
export type Part = {
  fields: Field[];
  type: Structured;
  disposition: Structured;
  /** Content-Transfer-Encoding, in lower case. */
  encoding: string;
  /** The header section, and what follows its empty line: still encoded. */
  header: Buffer;
  body: Buffer;
  parent: Part | undefined;
  parts: Part[];
};

/** Beyond these nothing is read: a message is not made of thousands of parts, or parts in parts. */
const MOST = { parts: 1000, depth: 20, header: 1024 * 1024 };

const EMPTY_LINE = Buffer.from("\r\n\r\n");
const CRLF = Buffer.from("\r\n");

/** A message that is no message, or too much of one. */
export class Unreadable extends Error {}

/** Where the header section ends, and where the body begins. */
function split(bytes: Buffer): { header: Buffer; body: Buffer } {
  if (bytes.subarray(0, 2).equals(CRLF))
    return { header: Buffer.alloc(0), body: bytes.subarray(2) };
  const end = bytes.indexOf(EMPTY_LINE);
  if ((end < 0 ? bytes.length : end) > MOST.header) throw new Unreadable("the header is too large");
  return end < 0
    ? { header: bytes, body: Buffer.alloc(0) }
    : { header: bytes.subarray(0, end), body: bytes.subarray(end + 4) };
}

/** The end of the line that begins here, if nothing but white space is left of it. */
function endOfDelimiter(bytes: Buffer, from: number): number | undefined {
  const end = bytes.indexOf(CRLF, from);
  const rest = bytes.toString("latin1", from, end < 0 ? bytes.length : end);
  return /^[ \t]*$/.test(rest) ? (end < 0 ? bytes.length : end + 2) : undefined;
}

/** What stands between the delimiters of a boundary (RFC 2046 5.1.1); the line end before one is its own. */
function between(body: Buffer, boundary: string): Buffer[] {
  const delimiter = Buffer.from(`--${boundary}`);
  const found: Buffer[] = [];
  let begun: number | undefined;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + 2)) {
    if (at > 0 && (at < 2 || !body.subarray(at - 2, at).equals(CRLF))) continue;
    const after = at + delimiter.length;
    const isLast = body.toString("latin1", after, after + 2) === "--";
    const next = endOfDelimiter(body, isLast ? after + 2 : after);
    if (next === undefined) continue;
    if (begun !== undefined) found.push(body.subarray(begun, Math.max(begun, at - 2)));
    begun = isLast ? undefined : next;
    if (found.length > MOST.parts) break;
    if (isLast) break;
  }
  if (begun !== undefined) found.push(body.subarray(begun));
  return found;
}

export const isMultipart = ({ type }: Part): boolean => type.value.startsWith("multipart/");

/**
 * Reads a part and those in it; a message in a message stays one part.
 * @param count of the parts read so far, in the whole message
 */
function read(
  bytes: Buffer,
  parent: Part | undefined,
  depth: number,
  count: { parts: number },
): Part {
  count.parts += 1;
  if (depth > MOST.depth || count.parts > MOST.parts) throw new Unreadable("too many parts");
  const { header, body } = split(bytes);
  const fields = fieldsOf(header);
  const ofDigest = parent?.type.value === "multipart/digest";
  const type = structured(
    valueOf(fields, "content-type") || (ofDigest ? "message/rfc822" : "text/plain"),
  );
  const disposition = structured(valueOf(fields, "content-disposition"));
  const [encoding = ""] = /^[\w-]*/.exec(valueOf(fields, "content-transfer-encoding")) ?? [];
  const part: Part = {
    fields,
    type,
    disposition,
    encoding: encoding.toLowerCase(),
    header,
    body,
    parent,
    parts: [],
  };
  const boundary = isMultipart(part) ? type.params.get("boundary") : undefined;
  if (boundary)
    part.parts = between(body, boundary).map((one) => read(one, part, depth + 1, count));
  return part;
}

/**
 * Reads a raw message, whose lines end with CRLF, into its parts. The bytes are not copied.
 * @throws Unreadable beyond 1000 parts, 20 of them in each other, 1 MiB of a header section
 */
export function readMessage(raw: Buffer): Part {
  return read(raw, undefined, 0, { parts: 0 });
}

/** A part and all parts in it. */
export const partsIn = (part: Part): Part[] => [part, ...part.parts.flatMap(partsIn)];

/** The parts that hold something. */
export const leavesOf = (root: Part): Part[] => partsIn(root).filter((part) => !isMultipart(part));
