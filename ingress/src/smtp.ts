import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { SMTPServer } from "smtp-server";
import type {
  SMTPServerAuthentication,
  SMTPServerOptions,
  SMTPServerSession,
} from "smtp-server/lib/types.js";
import { type Login, mayAuthenticate } from "./auth.ts";
import { Connection } from "./connection.ts";
import type { Door } from "./door.ts";
import { Refused, reply, words, type Reply } from "./replies.ts";
import type { Session } from "./session.ts";
import { MIN_VERSION, type Certificate } from "./tls.ts";

/** Commands of smtp-server that this relay does not speak. */
const NOT_SPOKEN = ["XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL", "HELP", "LHLO"];

export type SmtpOptions = {
  door: Door;
  /** The connections are inside TLS when they come. */
  implicitTls: boolean;
  /** Without one there is no STARTTLS. */
  certificate: Certificate | undefined;
};

/** The SMTP side of a port. */
export type Smtp = {
  connections: ReadonlySet<Connection>;
  /** Begins a session with the client of that address. */
  open: (socket: Socket, address: string) => Connection;
  /** Takes another certificate for the handshakes to come. */
  renew: (certificate: Certificate) => void;
};

type Done = (error?: Error | null) => void;
type FindConnection = (wire: SMTPServerSession) => Connection;

const finish = (refusal: Reply | undefined, done: Done): void =>
  done(refusal === undefined ? null : new Refused(refusal));

/** What is known at once is said at once. */
const finishSoon = (answer: ReturnType<Session["mail"]>, done: Done): void => {
  if (answer instanceof Promise) void answer.then((refusal) => finish(refusal, done));
  else finish(answer, done);
};

const notSpoken = (certificate: Certificate | undefined): string[] =>
  certificate === undefined ? [...NOT_SPOKEN, "STARTTLS"] : NOT_SPOKEN;

/** Offers PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, and where possible STARTTLS and AUTH. */
const settings = ({
  door: { config },
  implicitTls,
  certificate,
}: SmtpOptions): SMTPServerOptions => ({
  name: config.WAYBILL_HOSTNAME,
  secure: implicitTls,
  secured: implicitTls,
  size: config.WAYBILL_SMTP_MAX_SIZE,
  socketTimeout: config.WAYBILL_SMTP_IDLE_TIMEOUT * 1000,
  heloResponse: "%s",
  authMethods: ["PLAIN", "LOGIN"],
  authOptional: true,
  allowInsecureAuth: true,
  hideENHANCEDSTATUSCODES: false,
  disableReverseLookup: true,
  disabledCommands: notSpoken(certificate),
  minVersion: MIN_VERSION,
  logger: false,
  ...certificate,
});

/** Decides whether AUTH is there: smtp-server asks at each command for the commands of the session. */
function offerAuth(wire: SMTPServerSession, certificate: Certificate | undefined): void {
  const client = { secure: wire.secure, tlsOffered: certificate !== undefined };
  const may = mayAuthenticate({ ...client, address: wire.remoteAddress });
  wire.disabledCommands = may ? notSpoken(certificate) : [...notSpoken(certificate), "AUTH"];
}

async function takeData(
  verbs: Session,
  stream: Readable,
  wire: SMTPServerSession,
  done: (error: Error | null, message?: string) => void,
): Promise<void> {
  const answer = await verbs.data(stream, wire);
  if (answer.code === 250) done(null, words(answer));
  else done(new Refused(answer));
}

async function takeLogin(
  verbs: Session,
  auth: SMTPServerAuthentication,
  wire: SMTPServerSession,
  done: (error: Error | null, known?: { user: Login }) => void,
): Promise<void> {
  const login = await verbs.auth(auth, wire);
  if ("code" in login) done(new Refused(login));
  else done(null, { user: login });
}

const handlers = (find: FindConnection, { door, certificate }: SmtpOptions): SMTPServerOptions => ({
  onConnect: (wire, done) => {
    offerAuth(wire, certificate);
    done();
  },
  onSecure: (_socket, wire, done) => {
    offerAuth(wire, certificate);
    done();
  },
  onAuth: (auth, wire, done) => void takeLogin(find(wire).verbs, auth, wire, done),
  onMailFrom: (address, wire, done) => finishSoon(find(wire).verbs.mail(address, wire), done),
  onRcptTo: (address, wire, done) => finish(find(wire).verbs.rcpt(address), done),
  onData: (stream, wire, done) => {
    const seconds = door.config.WAYBILL_SMTP_DATA_TIMEOUT;
    const late = (): void => find(wire).hangUp(reply("dataTimeout", { seconds }));
    const timer = setTimeout(late, seconds * 1000);
    stream.once("close", () => clearTimeout(timer));
    void takeData(find(wire).verbs, stream, wire, done);
  },
});

/** Makes smtp-server, without a listener of its own, speak for this relay. */
export function makeSmtp(options: SmtpOptions): Smtp {
  const found = new WeakMap<SMTPServerSession, Connection>();
  const find: FindConnection = (wire) => {
    const connection = found.get(wire);
    if (connection === undefined) throw new Error("a session that was not opened here");
    return connection;
  };
  const server = new SMTPServer({ ...settings(options), ...handlers(find, options) });
  server.on("error", (error) => options.door.log.debug({ err: error }, "connection failed"));
  return {
    connections: server.connections as Set<Connection>,
    open: (socket, address) => {
      const connection = new Connection(server, socket, address, options.door);
      found.set(connection.session, connection);
      server.connections.add(connection);
      connection.on("error", (error: Error) => server.emit("error", error));
      connection.init();
      return connection;
    },
    renew: (certificate) => server.updateSecureContext(certificate),
  };
}
