export interface Credentials {
  readonly user: string;
  readonly pass: string;
}

/** A SASL exchange: yields challenges, is sent responses, returns what the client claims to be. */
export type AuthExchange = Generator<string, Credentials, string>;

const encode = (text: string): string => Buffer.from(text).toString("base64");
const decode = (text: string): string => Buffer.from(text, "base64").toString();

/** RFC 4616; `initial` is the response that came with the command, if any (RFC 4954). */
function* plain(initial?: string): AuthExchange {
  const [, user = "", pass = ""] = decode(initial ?? (yield "")).split("\0");
  return { user, pass };
}

/** The never standardised LOGIN, as every client does it. */
function* login(initial?: string): AuthExchange {
  const user = decode(initial ?? (yield encode("Username:")));
  return { user, pass: decode(yield encode("Password:")) };
}

const mechanisms = new Map([
  ["PLAIN", plain],
  ["LOGIN", login],
]);

/** Starts the exchange an AUTH command asks for; `undefined` for an unknown mechanism. */
export function startAuth(argument: string): AuthExchange | undefined {
  const [mechanism = "", initial] = argument.split(" ");
  return mechanisms.get(mechanism.toUpperCase())?.(initial);
}
