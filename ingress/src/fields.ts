import { isUtf8 } from "node:buffer";
import { TAG } from "@waybill/schemas";
import libmime from "libmime";
import type { Field } from "./header-reader.ts";

/** Characters of a field that an event carries; octets that are looked at for them; tags of a message. */
const MAX = { text: 500, octets: 4000, tags: 20 };

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

/**
 * The tags of a message: the words between the commas of its `X-Waybill-Tag` fields, the first 20 of
 * them, each once. What is no tag is left out.
 */
export function tagsOf(fields: readonly Field[]): string[] {
  const texts = fields
    .filter(({ name }) => name === "x-waybill-tag")
    .map((field) => fieldText([field], field.name));
  const words = texts.flatMap((text) => text.split(",")).map((word) => word.trim());
  return [...new Set(words.filter((word) => TAG.test(word)))].slice(0, MAX.tags);
}

/** The fields of these names (in lower case) that a message has, as people read them. */
export const fieldsAsked = (
  fields: readonly Field[],
  names: readonly string[],
): Record<string, string> =>
  Object.fromEntries(
    names
      .filter((name) => fields.some((field) => field.name === name))
      .map((name) => [name, readableField(fields, name)]),
  );
