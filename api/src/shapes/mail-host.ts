import { isIP } from "node:net";
import { z } from "zod";

const LABEL = /^[\w-]{1,63}$/;

/** A resolver reads a last part such as `1` or `0x7f` as a number, and the whole as an address. */
const isNumeric = (label: string): boolean => /^(?:\d+|0x[\da-f]*)$/i.test(label);

/** A host name (RFC 1123 2.1, and the underscores of container networks), or an address without brackets. */
function isHost(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes("%");
  const labels = text.replace(/\.$/, "").split(".");
  return labels.every((label) => LABEL.test(label)) && !isNumeric(labels.at(-1) ?? "");
}

/** Where a server is. */
export const Host = z
  .string()
  .min(1)
  .max(253)
  .refine(isHost, "a host name or an IP address, nothing around it");

export const Port = z.int().min(1).max(65535);
