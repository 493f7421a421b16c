import { buffer } from "node:stream/consumers";
import type { Outcome } from "@waybill/schemas";
import type { Room } from "../mime/can-represent.ts";
import { represent, type Mail } from "../mime/mail.ts";
import type { Attempt, Provider } from "./provider.ts";

/** A service's JSON interface. */
export type JsonLane = {
  room: Room;
  /** Why this service cannot carry a mail that others can; undefined when it can. */
  whyNot(mail: Mail): string | undefined;
  /** Whether the service would damage something of it that the raw message keeps. */
  damages?(mail: Mail): boolean;
  send(mail: Mail, attempt: Attempt): Promise<Outcome[]>;
};

const unsupported =
  (reason: string) =>
  (recipient: string): Outcome => ({
    recipient,
    class: "permanent_message",
    category: "content",
    response: `unsupported_structure: ${reason}`,
  });

/** The message in JSON, unless it cannot be, or had better not be where there is another way. */
async function inJson(json: JsonLane, attempt: Attempt, hasOther: boolean) {
  const made = represent(await buffer(attempt.body()), attempt.recipients, json.room);
  if ("reason" in made) return made;
  const reason = json.whyNot(made.mail);
  if (reason !== undefined) return { reason };
  return hasOther && json.damages?.(made.mail) === true ? { reason: "damage" } : made;
}

/**
 * Sends in JSON what JSON can carry as it is, and the rest by SMTP; with `lane: "smtp"` all of it.
 * Without an SMTP endpoint the rest is refused as `unsupported_structure` with the reason.
 */
export function lanes(
  lane: "http" | "smtp",
  json: JsonLane,
  smtp: Provider | undefined,
): Provider["send"] {
  return async (attempt) => {
    if (lane === "smtp" && smtp !== undefined) return smtp.send(attempt);
    const made = await inJson(json, attempt, smtp !== undefined);
    if ("mail" in made) return json.send(made.mail, attempt);
    return smtp?.send(attempt) ?? attempt.recipients.map(unsupported(made.reason));
  };
}
