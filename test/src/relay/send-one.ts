import { submit } from "../mail/submitter.ts";
import type { Relay } from "./relay.ts";

/** Hands in one mail with the first tenant's login; the message's id. `id` is its X-Test-Id. */
export async function sendOne({ credentials }: Relay, id: string, to: string): Promise<string> {
  const { host, port, username: user, password: pass } = credentials.smtp;
  const report = await submit({
    host,
    port,
    starttls: true,
    auth: { user, pass },
    mails: 1,
    connections: 1,
    size: 1024,
    from: "me@example.com",
    to: () => [to],
    id: () => id,
  });
  return report.queuedAs.get(id) ?? "";
}
