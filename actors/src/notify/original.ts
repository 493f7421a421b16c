import type { Readable } from "node:stream";
import { BodyDamaged } from "@waybill/runtime";

/** Octets of a header section that a report has. */
const MOST = 32 * 1024;

/**
 * The header section at the head of a mail; empty when its octets are not kept any more.
 * @throws LogUnavailable
 */
export async function headerOf(mail: Readable): Promise<string> {
  let text = "";
  try {
    for await (const chunk of mail as AsyncIterable<Buffer>) {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) return utf8(text.slice(0, end));
      if (text.length > MOST) return utf8(text.slice(0, text.lastIndexOf("\r\n", MOST)));
    }
    return "";
  } catch (error) {
    if (error instanceof BodyDamaged) return "";
    throw error;
  }
}

const utf8 = (octets: string): string => Buffer.from(octets, "latin1").toString();
