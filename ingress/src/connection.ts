// oxlint-disable no-underscore-dangle -- the seams of smtp-server are named so
import type { Socket } from "node:net";
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";
import type { SMTPServer } from "smtp-server";
import type { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import { readAddressCommand } from "./address-command.ts";
import type { Door } from "./door.ts";
import { metrics } from "./metrics.ts";
import { reply, words, type Reply } from "./replies.ts";
import { Session } from "./session.ts";
import { strict } from "./wire.ts";

/** A text that brings its own enhanced code. */
const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /;

/** Milliseconds a client that was told to go has to close its side. */
const LINGER = 1000;

/**
 * One SMTP connection of smtp-server, with what this relay has otherwise: strict commands and
 * addresses, replies with their own enhanced codes, refusals in the log, a longest life.
 */
export class Connection extends SMTPConnection {
  readonly verbs: Session;
  readonly #door: Door;
  readonly #lifeTimer: NodeJS.Timeout;

  constructor(server: SMTPServer, socket: Socket, address: string, door: Door) {
    super(server, socket, { remoteAddress: address });
    this.#door = door;
    this.verbs = new Session(door);
    const seconds = door.config.WAYBILL_SMTP_SESSION_TIMEOUT;
    this.#lifeTimer = setTimeout(() => {
      this.hangUp(reply("sessionTimeout", { seconds }));
    }, seconds * 1000);
    this.#lifeTimer.unref();
  }

  /** Whether it is between MAIL and the reply to its final dot. */
  get inTransaction(): boolean {
    return Boolean(this.session.envelope?.mailFrom);
  }

  /** Says a last reply, and closes. */
  hangUp(last: Reply): void {
    this.send(last.code, words(last));
    this.close();
    setTimeout(() => this._socket.destroy(), LINGER).unref();
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    // AUTH is disabled only where a password would be sent in clear.
    const locked = code === 500 && context === "AUTH";
    const { code: status, text } = locked ? lockedAuth : { code, text: data };
    if (status >= 400 && !this._socket.destroyed) this.#report(status, text);
    const own = typeof text === "string" && ENHANCED.test(text);
    super.send(status, text, own ? false : context);
  }

  #report(code: number, text: string | string[] | null | undefined): void {
    metrics.refused(code);
    const subject = this.inTransaction ? this.verbs.subject : {};
    this.#door.log.info({ client: this.remoteAddress, code, reply: text, ...subject }, "refused");
  }

  override _createParser(): SMTPStream {
    return strict(super._createParser(), (next) => this.#refuseCommand(next));
  }

  /** A malformed line also ends an AUTH exchange, and counts as an unknown command does. */
  #refuseCommand(next: () => void): void {
    this._nextHandler = false;
    this._unrecognizedCommands += 1;
    const refusal = reply(this._unrecognizedCommands < 10 ? "malformedCommand" : "tooMuchNoise");
    this.send(refusal.code, words(refusal));
    next();
  }

  override _parseAddressCommand(
    verb: string,
    command: Buffer | string,
  ): ReturnType<typeof readAddressCommand> {
    return readAddressCommand(verb, Buffer.from(command));
  }

  /** A message that may not come is refused before its first byte. */
  override handler_DATA(command: Buffer, callback: () => void): void {
    const hasRecipient = this.session.envelope.rcptTo.length > 0;
    const counting = hasRecipient ? this.verbs.reserve() : undefined;
    if (counting === undefined) super.handler_DATA(command, callback);
    else void this.#dataOnceCounted(counting, command, callback);
  }

  async #dataOnceCounted(
    counting: Promise<Reply | undefined>,
    command: Buffer,
    callback: () => void,
  ): Promise<void> {
    const refusal = await counting;
    if (refusal === undefined) return super.handler_DATA(command, callback);
    this.send(refusal.code, words(refusal));
    callback();
  }

  /** Emits `closed`, which the socket itself does not after STARTTLS: smtp-server takes its listeners off. */
  override _onClose(): void {
    clearTimeout(this.#lifeTimer);
    this.verbs.end();
    super._onClose();
    this.emit("closed");
  }
}

const { code, ...encryption } = reply("encryptionRequired");
const lockedAuth = { code, text: words({ code, ...encryption }) };
