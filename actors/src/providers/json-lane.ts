import type { Readable } from "node:stream";
import type { Verdict } from "@waybill/runtime/outbound";
import type { Outcome } from "@waybill/schemas";
import type { Room } from "../mime/can-represent.ts";
import { represent, type Mail } from "../mime/mail.ts";
import { inMemory } from "./http/in-memory.ts";
import type { Attempt, Provider, Service } from "./provider.ts";

/** A service's JSON interface. */
export type JsonLane = {
  room: Room;
  /** Why this service cannot carry a mail that others can; undefined when it can. */
  whyNot(mail: Mail): string | undefined;
  /** Whether the service would damage something of it that the raw message keeps. */
  damages?(mail: Mail): boolean;
  send(mail: Mail, attempt: Attempt): Promise<Outcome[]>;
  /** Asks after the account. */
  verify(): Promise<Verdict>;
};

const unsupported =
  (reason: string) =>
  (recipient: string): Outcome => ({
    recipient,
    class: "permanent_message",
    category: "content",
    response: `unsupported_structure: ${reason}`,
  });

/** All of a stream; `stream/consumers` goes by way of a Blob, which costs more than the rest of the reading. */
async function wholeOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What became of it in JSON, or why it was not sent so: it cannot be, or had better not be where there is another way. */
async function tryJson(json: JsonLane, attempt: Attempt, hasOther: boolean) {
  const made = represent(await wholeOf(attempt.body()), attempt.recipients, json.room);
  if ("reason" in made) return made;
  const reason = json.whyNot(made.mail);
  if (reason !== undefined) return { reason };
  if (hasOther && json.damages?.(made.mail) === true) return { reason: "damage" };
  return json.send(made.mail, attempt);
}

/**
 * Sends in JSON what JSON can carry as it is, and the rest by SMTP; with `lane: "smtp"` all of it.
 * Without an SMTP endpoint the rest is refused as `unsupported_structure` with the reason. Few large
 * messages are in memory at once; by SMTP none is.
 */
export function lanes(
  { lane, concurrency }: { lane: "http" | "smtp"; concurrency: number },
  json: JsonLane,
  smtp: Service | undefined,
): Pick<Service, "send" | "verify"> {
  const hold = inMemory(concurrency);
  const allBySmtp = lane === "smtp" ? smtp : undefined;
  const send: Provider["send"] = async (attempt) => {
    if (allBySmtp !== undefined) return allBySmtp.send(attempt);
    const tried = await hold(attempt.size, () => tryJson(json, attempt, smtp !== undefined));
    if (Array.isArray(tried)) return tried;
    return smtp?.send(attempt) ?? attempt.recipients.map(unsupported(tried.reason));
  };
  return { send, verify: () => allBySmtp?.verify() ?? json.verify() };
}
