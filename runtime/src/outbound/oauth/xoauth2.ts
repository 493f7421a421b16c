import type { Tokens } from "./tokens.ts";

/** A reply of an SMTP server, its lines joined. */
type Reply = { response: string };

/** What the library gives a login that it does not know. */
type Dialogue = { sendCommand: (command: string) => Promise<Reply> };

/** The name the login has in the library: under its own the library would fetch tokens itself. */
export const XOAUTH2 = "WAYBILL-XOAUTH2";

/** What a client says first in SASL XOAUTH2. */
export const initialResponse = (username: string, token: string): string =>
  Buffer.from(`user=${username}\x01auth=Bearer ${token}\x01\x01`).toString("base64");

const codeOf = ({ response }: Reply): number => Number(response.slice(0, 3));

/** A server that refuses a token says why in a challenge, which is answered by an empty line. */
async function logIn({ sendCommand }: Dialogue, username: string, token: string): Promise<Reply> {
  const reply = await sendCommand(`AUTH XOAUTH2 ${initialResponse(username, token)}`);
  return codeOf(reply) === 334 ? sendCommand("") : reply;
}

/**
 * A login by SASL XOAUTH2 over a connection of the library's. A token that is refused (535) is
 * fetched again, once, unless it is new.
 * @returns what the library takes as `customAuth`; rejects when there is no token or no login
 */
export const xoauth2 =
  (username: string, tokens: Pick<Tokens, "using">) =>
  async (dialogue: Dialogue): Promise<void> => {
    const work = (token: string) => logIn(dialogue, username, token);
    const reply = await tokens.using(work, (one) => codeOf(one) === 535);
    if (codeOf(reply) !== 235) throw new Error("the server refuses the token");
  };
