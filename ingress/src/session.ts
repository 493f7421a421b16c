import type { Readable } from "node:stream";
import { newMessageId, newTraceId } from "@waybill/runtime";
import type { Slug } from "@waybill/schemas";
import type {
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerSession,
} from "smtp-server/lib/types.js";
import { addRecipient, checkAddress, checkRecipient, type Transaction } from "./accept.ts";
import { isAscii, mailboxKey } from "./address.ts";
import { authenticate, isCurrent, type Login, type Place } from "./auth.ts";
import type { Door } from "./door.ts";
import { findPath, type FoundPath } from "./report/found-path.ts";
import { takeReport } from "./report/take-report.ts";
import { MessageQuota } from "./message-quota.ts";
import { reply, type Reply } from "./replies.ts";
import { Seat } from "./seat.ts";
import { checkSender, senderDomains } from "./sender-domains.ts";
import { takeMessage, type SmtpClient } from "./take-message.ts";

/** Failed AUTH commands after which a connection is closed. */
const MAX_FAILURES = 5;

/** What a client is told that nobody vouches for. */
const UNKNOWN = reply("authenticationRequired");

/** The client's side of a connection, as smtp-server knows it. */
type Wire = SMTPServerSession;

/** Whose a message is. */
type Owner = Pick<Transaction, "tenant" | "credential" | "user" | "test">;

/** The verbs of one SMTP connection. Each gives the reply that refuses, or undefined to go on. */
export class Session {
  readonly #door: Door;
  readonly #quota: MessageQuota;
  readonly #seat: Seat;
  #failures = 0;
  /** The mail in hand; absent when a stranger began it, who may only bring a report. */
  #transaction: Transaction | undefined;
  /** The return path that the mail in hand is for, which is then a report. */
  #path: FoundPath | undefined;

  constructor(door: Door) {
    this.#door = door;
    this.#quota = new MessageQuota(door);
    this.#seat = new Seat(door);
  }

  /** The message in hand, for the log. */
  get subject(): { messageId?: string; tenant?: string; traceId?: string } {
    if (this.#transaction === undefined) return {};
    const { messageId, tenant, traceId } = this.#transaction;
    return { messageId, tenant, traceId };
  }

  /** AUTH: a login, or the same refusal whatever was wrong. */
  async auth(auth: SMTPServerAuthentication, wire: Wire): Promise<Login | Reply> {
    const login = authenticate(this.#door, auth, placeOf(wire));
    if (login !== undefined) return this.#admit(login);
    this.#failures += 1;
    return reply(this.#failures < MAX_FAILURES ? "authenticationFailed" : "tooManyFailures");
  }

  async #admit(login: Login): Promise<Login | Reply> {
    const { tenant, credential } = login;
    this.#door.uses.note(tenant, "credential", credential.id);
    return (await this.#seat.take(tenant)) ?? login;
  }

  /** MAIL: begins a transaction. */
  mail(
    { address, args }: SMTPServerAddress,
    wire: Wire,
  ): Promise<Reply | undefined> | Reply | undefined {
    const utf8 = wire.envelope.smtpUtf8 === true;
    this.#path = undefined;
    this.#transaction = undefined;
    const owner = this.#owner(wire);
    const parameters = Object.keys(args || {});
    const said = { ascii: isAscii(address), utf8, parameters };
    if ("code" in owner) return this.#stranger(owner, wire) ?? checkAddress("mail", said);
    const refusal =
      checkAddress("mail", said) ?? this.#foreign(address, owner.tenant) ?? this.#busy(wire);
    if (refusal !== undefined) return refusal;
    const begin = () => this.#begin(owner, address, utf8);
    return this.#seat.take(owner.tenant)?.then((full) => full ?? begin()) ?? begin();
  }

  #begin(owner: Owner, from: string, utf8: boolean): Promise<Reply | undefined> | undefined {
    const ids = { messageId: newMessageId(), traceId: newTraceId() };
    this.#transaction = { ...ids, ...owner, from, utf8, recipients: new Map() };
    return this.#quota.refusal(owner);
  }

  /** Whose message it will be: asked at every MAIL, so that a removed credential, or one past its time, ends at once. */
  #owner(wire: Wire): Owner | Reply {
    const { directory, networks } = this.#door;
    const login = wire.user as Login | false | undefined;
    if (login) {
      if (!isCurrent(directory, login, placeOf(wire))) return reply("authenticationFailed");
      return ownerOf(login);
    }
    const tenant = networks(wire.remoteAddress);
    if (tenant === undefined) return reply("authenticationRequired");
    return directory.tenant(tenant) === undefined ? reply("tenantUnknown") : { tenant };
  }

  /** Anybody may bring a report, where mail comes back to us at all; whether it is one, RCPT tells. */
  #stranger(refusal: Reply, wire: Wire): Reply | undefined {
    const mayReport = refusal.code === UNKNOWN.code && this.#door.directory.hasReturnPaths;
    return mayReport ? this.#busy(wire) : refusal;
  }

  #foreign(address: string, tenant: Slug): Reply | undefined {
    const isOurs = senderDomains(this.#door, tenant);
    return isOurs && checkSender(address, isOurs);
  }

  #busy(wire: Wire): Reply | undefined {
    const { config, draining, limits } = this.#door;
    if (draining) return reply("shuttingDown");
    const max = config.WAYBILL_SMTP_MAX_MESSAGES_PER_CONNECTION;
    if (wire.transaction > max) return reply("connectionSpent", { max });
    return limits.message(wire.remoteAddress, Date.now());
  }

  /** RCPT: adds a recipient. */
  rcpt({ address, args }: SMTPServerAddress): Reply | undefined {
    const path = findPath(this.#door, address);
    const parameters = Object.keys(args || {});
    if (typeof path === "object")
      return checkAddress("rcpt", { ascii: true, utf8: false, parameters }) ?? this.#report(path);
    if (path === "foreign") return reply("notAReturnPath");
    const transaction = this.#transaction;
    if (transaction === undefined) return path === "ordinary" ? reply("notAReturnPath") : UNKNOWN;
    if (this.#path !== undefined) return reply("oneReportAtATime");
    const said = { ascii: isAscii(address), utf8: transaction.utf8, parameters };
    return (
      checkAddress("rcpt", said) ??
      checkRecipient(this.#door.directory.tenant(transaction.tenant), address) ??
      addRecipient(
        transaction,
        [mailboxKey(address), address],
        this.#maxRecipients(transaction.tenant),
      )
    );
  }

  /** A report is about one mail, whoever brings it, and nothing else goes with it. */
  #report(path: FoundPath): Reply | undefined {
    const hasOthers = this.#path !== undefined || (this.#transaction?.recipients.size ?? 0) > 0;
    if (hasOthers) return reply("oneReportAtATime");
    this.#path = path;
    return undefined;
  }

  #maxRecipients(tenant: string): number {
    const max = this.#door.config.WAYBILL_SMTP_MAX_RECIPIENTS;
    return Math.min(max, this.#door.directory.limits(tenant)?.recipients ?? max);
  }

  /** DATA, before the client may go on: counts the message where something limits it. */
  reserve(): Promise<Reply | undefined> | undefined {
    return this.#path === undefined ? this.#quota.reserve(this.#inHand()) : undefined;
  }

  /** DATA: takes the message in; the reply is the one to its final dot. */
  async data(stream: Readable, wire: Wire): Promise<Reply> {
    if (this.#path !== undefined) return takeReport(this.#door, stream, this.#path);
    const counted = this.#quota.take();
    let isSent = false;
    const onAppend = (): void => void (isSent = true);
    const from = { transaction: this.#inHand(), client: clientOf(wire), onAppend };
    const answer = await takeMessage(this.#door, stream, from);
    if (!isSent) await counted?.giveBack();
    return answer;
  }

  /** The connection is closed. */
  end(): void {
    this.#seat.end();
    void this.#quota.end();
  }

  #inHand(): Transaction {
    if (this.#transaction === undefined) throw new Error("no MAIL before");
    return this.#transaction;
  }
}

const ownerOf = ({ tenant, credential: { id: credential, user, test } }: Login): Owner => ({
  tenant,
  credential,
  ...(user !== undefined && { user }),
  ...(test === true && { test }),
});

const placeOf = ({ remoteAddress }: Wire): Place => ({ address: remoteAddress, now: new Date() });

const clientOf = (wire: Wire): SmtpClient => ({
  address: wire.remoteAddress,
  helo: wire.hostNameAppearsAs,
  tls: wire.secure,
  esmtp: wire.openingCommand === "EHLO",
});
