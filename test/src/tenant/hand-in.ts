import { openDialogue, type Dialogue } from "../mail/smtp-dialogue.ts";
import type { Relay } from "../relay/relay.ts";

/** An SMTP credential, as the answer that made it says. */
export type Login = { id: string; username: string; password: string };

/** A session, and the reply to its AUTH. */
export async function authenticate({ smtpPort }: Relay, { username, password }: Login) {
  const session = await openDialogue(smtpPort, { timeoutMs: 20_000 });
  await session.reply();
  await session.ehlo();
  const login = Buffer.from(`\0${username}\0${password}`).toString("base64");
  return { session, reply: await session.ask(`AUTH PLAIN ${login}`) };
}

/** Asks command after command for as long as they are granted; the last reply, in one line. */
async function each(session: Dialogue, commands: readonly string[]): Promise<string> {
  let said = "";
  for (const command of commands) {
    const { code, lines } = await session.ask(command);
    said = `${code} ${lines.join(" ")}`;
    if (code >= 400) break;
  }
  return said;
}

/** Hands in one mail; the reply that settled it. The sender is in From too. */
export async function handIn(relay: Relay, login: Login, from: string, tag = ""): Promise<string> {
  const { session } = await authenticate(relay, login);
  const content = `From: ${from}\r\nSubject: hello\r\nX-Waybill-Tag: ${tag}\r\n\r\nhello\r\n.`;
  const envelope = [`MAIL FROM:<${from}>`, "RCPT TO:<ann@example.com>"];
  const said = await each(session, [...envelope, "DATA", content]);
  await session.close();
  return said;
}
