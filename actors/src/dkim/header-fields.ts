import { isUtf8 } from "node:buffer";

/** A field as it stands in a message: octets as characters, with its folds, without the last CRLF. */
export type Field = { name: string; text: string };

/** The fields of a header section, top to bottom; `name` is in lower case. */
export function fieldsOf(header: string): Field[] {
  const lines = header.split(/\r\n(?![ \t])/).filter((line) => line !== "");
  return lines.map((text) => ({ name: nameOf(text), text }));
}

const nameOf = (text: string): string =>
  text
    .slice(0, Math.max(0, text.indexOf(":")))
    .trim()
    .toLowerCase();

/** A field in the form that is signed (RFC 6376 3.4.2), without CRLF. */
export function relaxed({ name, text }: Field): string {
  const value = text.slice(text.indexOf(":") + 1).replaceAll("\r\n", "");
  return `${name}:${value.replaceAll(/[ \t]+/g, " ").replaceAll(/^ | $/g, "")}`;
}

/** Without quoted strings and comments (RFC 5322 3.2); as it is when one of them does not end. */
function withoutQuotes(text: string): string {
  let [plain, isQuoted, depth] = ["", false, 0];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === "\\") at += 1;
    else if (char === '"' && depth === 0) isQuoted = !isQuoted;
    else if (char === "(" && !isQuoted) depth += 1;
    else if (char === ")" && depth > 0) depth -= 1;
    else if (!isQuoted && depth === 0) plain += char;
  }
  return isQuoted || depth > 0 ? text : plain;
}

/** A field of UTF-8 (RFC 6532) is read as that. */
function readable(octets: string): string {
  const bytes = Buffer.from(octets, "latin1");
  return isUtf8(bytes) ? bytes.toString() : octets;
}

/**
 * The domains that a From field names, as they stand there, each once. Lenient where the grammar is
 * not kept: a domain too many costs a signature at most, one too few leaves mail without.
 */
export function domainsIn(field: Field): string[] {
  const value = withoutQuotes(readable(field.text.slice(field.text.indexOf(":") + 1)));
  const found = value.matchAll(/@\s*([^\s<>(),;:"@[\]\\]+)/g);
  return [...new Set([...found].map(([, domain = ""]) => domain.toLowerCase()))];
}
