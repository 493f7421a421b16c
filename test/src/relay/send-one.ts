import { submit } from "../mail/submitter.ts";
import type { Relay } from "./relay.ts";

/** Hands in one mail with a login, the first tenant's by default; the message's id. `id` is its X-Test-Id. */
export async function sendOne(
  { credentials }: Relay,
  id: string,
  to: string,
  login: { username: string; password: string } = credentials.smtp,
): Promise<string> {
  const { host, port } = credentials.smtp;
  const { username: user, password: pass } = login;
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
