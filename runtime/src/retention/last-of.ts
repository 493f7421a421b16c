import { lastOnLeader } from "../leader-reads.ts";
import type { Nats } from "../nats.ts";

/** What was kept last on a subject, as the leader of the stream has it. @throws when NATS does not answer */
export async function lastOf<T>(nats: Nats, stream: string, subject: string) {
  const found = await lastOnLeader(nats, stream, subject);
  return found === null ? undefined : found.json<T>();
}
