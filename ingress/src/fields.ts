import { isUtf8 } from "node:buffer";
import libmime from "libmime";
import type { Field } from "./header-reader.ts";

/** Characters of a field that an event carries; octets that are looked at for them. */
const MAX = { text: 500, octets: 4000 };

/** The first field of that name (in lower case), unfolded, without its name; empty when there is none. */
export function fieldText(fields: readonly Field[], name: string): string {
  const field = fields.find((one) => one.name === name);
  if (field === undefined) return "";
  const bytes = Buffer.concat(field.lines).subarray(0, MAX.octets);
  const text = isUtf8(bytes) ? bytes.toString() : bytes.toString("latin1");
  return text
    .slice(text.indexOf(":") + 1)
    .replaceAll("\r\n", "")
    .trim();
}

/**
 * A field for people: encoded words (RFC 2047) decoded, control characters made spaces, so that it
 * fits a log line and a database, and cut to 500 characters.
 */
export function readableField(fields: readonly Field[], name: string): string {
  const text = fieldText(fields, name);
  const decoded = text.includes("=?") ? libmime.decodeWords(text) : text;
  return decoded
    .slice(0, MAX.text)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, " ");
}

/**
 * The trace id of a `Traceparent` field as W3C Trace Context 3.2.2 has it: of a later version the
 * first four parts count. Undefined when it is missing or not valid.
 */
export function traceIdOf(fields: readonly Field[]): string | undefined {
  const text = fieldText(fields, "traceparent");
  const [, version, trace, parent, more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(text) ?? [];
  const known =
    version !== undefined && version !== "ff" && (version !== "00" || more === undefined);
  return known && /[^0]/.test(trace ?? "") && /[^0]/.test(parent ?? "") ? trace : undefined;
}
