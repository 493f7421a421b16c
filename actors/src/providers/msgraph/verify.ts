import type { Verdict } from "@waybill/runtime/outbound";
import { verdictOf } from "../http/verify.ts";
import type { Mailbox } from "./mailbox.ts";

/** Tries directory, application and mailbox, and makes nothing there. */
export async function verifyMailbox(mailbox: Mailbox): Promise<Verdict> {
  const answer = await mailbox.look();
  if (answer.kind !== "no-token") return verdictOf(answer);
  const { kind, message } = answer.error;
  return { success: false, code: kind === "auth" ? "auth" : "unreachable", message };
}
