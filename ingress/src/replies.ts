/** What a client is told: basic code (RFC 5321 4.2), enhanced code (RFC 3463) and public words. */
export type Reply = { code: number; enhanced: string; text: string };

const row = (code: number, enhanced: string, text: string): Reply => ({ code, enhanced, text });

/** Everything the door says of its own; `{name}` stands for a value. The cause stays in the log. */
export const REPLIES = {
  reportTaken: row(250, "2.0.0", "Ok: the report was taken"),
  queued: row(250, "2.0.0", "Ok: queued as {messageId}"),

  tooManyConnections: row(421, "4.3.2", "too many connections, try again later"),
  tooManyFromTenant: row(
    421,
    "4.3.2",
    "your tenant may hold {max} connections at once, try again when another is closed",
  ),
  tooManyFromClient: row(421, "4.7.0", "too many connections from your address"),
  tooManyFailures: row(421, "4.7.0", "too many failed authentications, closing the connection"),
  tooMuchNoise: row(421, "4.7.0", "too many commands that are none"),
  connectionSpent: row(421, "4.7.0", "{max} messages over one connection, open another"),
  dataTimeout: row(421, "4.4.2", "the message took longer than {seconds} seconds"),
  sessionTimeout: row(421, "4.4.2", "the connection lasted {seconds} seconds, open another"),
  shuttingDown: row(421, "4.3.2", "shutting down, try again later"),

  tooManyMessages: row(450, "4.7.1", "more than {max} messages a minute from your address"),
  rateReached: row(
    450,
    "4.7.1",
    "this {scope} may send {max} messages {per}, it may again at {resetsAt}",
  ),
  unavailable: row(451, "4.3.0", "the message cannot be kept now, try again later"),
  tenantUnknown: row(451, "4.3.5", "nobody is set up for your network, try again later"),
  quotaReached: row(
    452,
    "4.3.1",
    "your tenant may send {max} messages {per}, it may again at {resetsAt}",
  ),
  tooManyRecipients: row(452, "4.5.3", "more than {max} recipients, send to the others apart"),

  malformedCommand: row(
    500,
    "5.5.2",
    "a command ends with CRLF and holds no other CR, LF or NUL (RFC 5321 2.3.8)",
  ),
  authenticationRequired: row(530, "5.7.0", "authentication required"),
  authenticationFailed: row(535, "5.7.8", "Error: authentication failed"),
  encryptionRequired: row(538, "5.7.11", "encryption required: STARTTLS first"),

  bareCr: row(550, "5.6.0", "bare CR in line {line} (RFC 5321 2.3.8)"),
  bareLf: row(550, "5.6.0", "bare LF in line {line} (RFC 5321 2.3.8)"),
  notAReturnPath: row(550, "5.7.1", "only reports come here, to the return path of a mail of ours"),
  recipientNotAllowed: row(550, "5.7.1", "this tenant's mail may not go to that recipient"),
  nul: row(550, "5.6.0", "NUL in line {line} (RFC 5321 2.4, RFC 5322 4.1)"),
  lineTooLong: row(550, "5.6.0", "line {line} is longer than {max} octets (RFC 5322 2.1.1)"),
  messageTooLarge: row(552, "5.3.4", "message larger than {max} octets"),
  headerTooLarge: row(552, "5.3.4", "header section too large, the maximum is {max} octets"),
  malformedHeader: row(
    550,
    "5.6.0",
    "line {line} of the header is no field and not empty (RFC 5322 2.2)",
  ),
  foreignDomain: row(
    550,
    "5.7.1",
    "{field} has an address at {domain}, which is not a verified domain of yours",
  ),
  unclearOriginator: row(
    550,
    "5.7.1",
    "the message needs one {name} field, with addresses by the grammar (RFC 5322 3.4)",
  ),
  loop: row(
    554,
    "5.4.6",
    "more than {max} Received fields: the message is in a loop (RFC 5321 6.3)",
  ),
  oneReportAtATime: row(452, "4.5.3", "a return path takes a transaction of its own"),
  needsSmtpUtf8: row(553, "5.6.7", "an address that is not ASCII needs SMTPUTF8 (RFC 6531)"),
  unknownParameter: row(555, "5.5.4", "parameter {parameter} is not supported"),
} as const satisfies Record<string, Reply>;

export type ReplyName = keyof typeof REPLIES;

/** The reply of that name, with its `{name}`s filled in. */
export function reply(name: ReplyName, values: Record<string, string | number> = {}): Reply {
  const { code, enhanced, text } = REPLIES[name];
  return { code, enhanced, text: text.replace(/\{(\w+)\}/g, (_, key) => String(values[key])) };
}

/** The reply as its line says it, without the basic code. */
export const words = ({ enhanced, text }: Reply): string => `${enhanced} ${text}`;

/** A reply on its way to the client as an error, in the form that smtp-server reads. */
export class Refused extends Error {
  readonly reply: Reply;
  readonly responseCode: number;

  constructor(answer: Reply) {
    super(words(answer));
    this.name = "Refused";
    this.reply = answer;
    this.responseCode = answer.code;
  }
}
