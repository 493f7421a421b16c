import { z } from "zod";
import { Host } from "./mail-host.ts";

/** A URL that is no more than a place: nothing after its path, and nobody's name in it. */
function isPlace(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const rest = `${url.username}${url.password}${url.search}${url.hash}`;
  return rest === "" && Host.safeParse(host).success && !text.endsWith("/") && !/[\s?#]/.test(text);
}

/** Where an HTTP interface is, without a slash at its end. */
export const BaseUrl = z
  .string()
  .max(500)
  .refine(
    isPlace,
    "http:// or https://, a host, perhaps a path; no slash at the end, nothing more",
  );
