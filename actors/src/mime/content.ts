import { isAscii } from "node:buffer";
import { isMultipart, type Part } from "./part.ts";

const fromQuotedPrintable = (body: Buffer): Buffer =>
  Buffer.from(
    body
      .toString("latin1")
      .replaceAll(/(?<![ \t])[ \t]+(?=\r\n|$)/g, "")
      .replaceAll(/=(?:\r\n|$|([0-9a-f]{2}))/gi, (_, hex?: string) =>
        hex === undefined ? "" : String.fromCharCode(parseInt(hex, 16)),
      ),
    "latin1",
  );

const DECODERS: Record<string, (body: Buffer) => Buffer> = {
  "": (body) => body,
  "7bit": (body) => body,
  "8bit": (body) => body,
  base64: (body) => Buffer.from(body.toString("latin1"), "base64"),
  "quoted-printable": fromQuotedPrintable,
};

/** Whether a part's encoding is one of RFC 2045 6 that can come over SMTP with lines. */
export const isDecodable = ({ encoding }: Part): boolean => encoding in DECODERS;

/** What a part holds, without its Content-Transfer-Encoding. */
export const contentOf = ({ encoding, body }: Part): Buffer => DECODERS[encoding]?.(body) ?? body;

const charsetOf = ({ type }: Part): string =>
  type.params.get("charset")?.trim().toLowerCase() || "utf-8";

/** US-ASCII is ASCII here; WHATWG would read it as Windows-1252. */
function decode(bytes: Buffer, charset: string): string | undefined {
  if (isAscii(bytes) && /^(?:us-ascii|utf-?8)$/.test(charset)) return bytes.toString("latin1");
  if (charset === "us-ascii") return undefined;
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A part's text with LF for its line ends; undefined when it is not what its charset says. */
export const textOf = (part: Part): string | undefined =>
  decode(contentOf(part), charsetOf(part))?.replaceAll("\r\n", "\n");

/** Whether it is to be read as the text of the message. */
export const isText = ({ type, disposition }: Part): boolean =>
  /^text\/(?:plain|html)$/.test(type.value) && disposition.value !== "attachment";

/** Whether it is another form of the text: a sibling of it, and neither plain nor HTML. */
export const isAlternative = (part: Part): boolean =>
  part.parent?.type.value === "multipart/alternative" && !isMultipart(part) && !isText(part);
