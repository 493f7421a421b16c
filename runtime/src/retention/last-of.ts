import type { Nats } from "../nats.ts";

/** What was kept last on a subject. @throws when NATS does not answer */
export async function lastOf<T>({ jsm }: Nats, stream: string, subject: string) {
  const found = await jsm.direct.getMessage(stream, { last_by_subj: subject });
  return found === null ? undefined : found.json<T>();
}
