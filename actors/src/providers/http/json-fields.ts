import type { HttpReply } from "@waybill/runtime/outbound";

/** What a reply's JSON object holds by its names; nothing when it is none. */
export function jsonFields({ text }: Pick<HttpReply, "text">): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}
