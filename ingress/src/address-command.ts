import { isUtf8 } from "node:buffer";
import type { SMTPServerAddress } from "smtp-server/lib/types.js";
import { readPath } from "./address.ts";

/** A parameter of RFC 5321 4.1.2: a keyword, and a value that may hold UTF-8 (RFC 6531 3.3). */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10FFFF}]+))?$/u;

type AddressCommand = SMTPServerAddress & { duplicate?: string };

function readParameters(text: string): Omit<AddressCommand, "address"> | undefined {
  const args: Record<string, string | true> = {};
  for (const part of text.split(" ").filter(Boolean)) {
    const [, keyword, value = true] = PARAMETER.exec(part) ?? [];
    if (keyword === undefined) return undefined;
    const key = keyword.toUpperCase();
    if (key in args) return { args, duplicate: key };
    args[key] = value;
  }
  return { args };
}

/**
 * Reads `MAIL FROM:<path> parameters` or `RCPT TO:<path> parameters`, in the shape smtp-server uses.
 * @param verb `mail from` or `rcpt to`
 * @returns false when the command is none, in UTF-8 and by the grammar of `readPath`.
 */
export function readAddressCommand(verb: string, command: Buffer): AddressCommand | false {
  const text = command.toString();
  const colon = text.indexOf(":");
  if (!isUtf8(command) || text.slice(0, colon).trim().toLowerCase() !== verb) return false;
  const path = readPath(text.slice(colon + 1).trimStart());
  if (path === undefined || !/^($| )/.test(path.rest)) return false;
  const parameters = readParameters(path.rest);
  return parameters !== undefined && { address: path.address, ...parameters };
}
