/** How often a message came, and how often for each recipient. */
export interface MailCount {
  count: number;
  readonly recipients: Map<string, number>;
}

/** One accepted transaction with its bytes. */
export interface RawMail {
  readonly id: string;
  readonly from: string;
  /** The ESMTP parameters of MAIL, as sent: `BODY=8BITMIME SIZE=4096`. */
  readonly parameters: string;
  readonly recipients: readonly string[];
  readonly raw: Buffer;
}

/** One recipient that got the same message more than once. */
export interface Duplicate {
  readonly id: string;
  readonly recipient: string;
  readonly count: number;
}

/** What the sink has taken. Messages without X-Test-Id are counted under the empty id. */
export class SinkLedger {
  readonly mails = new Map<string, MailCount>();
  readonly raws: RawMail[] = [];
  received = 0;
  dropped = 0;
  /** When the last message was accepted, in milliseconds since the epoch. */
  lastAt: number | undefined;

  accept(id: string, recipients: readonly string[]): void {
    this.received += 1;
    this.lastAt = Date.now();
    const mail = this.mails.get(id) ?? { count: 0, recipients: new Map<string, number>() };
    mail.count += 1;
    for (const recipient of recipients) {
      mail.recipients.set(recipient, (mail.recipients.get(recipient) ?? 0) + 1);
    }
    this.mails.set(id, mail);
  }

  /** Every (message, recipient) delivered more than once; messages without an id do not count. */
  duplicates(): Duplicate[] {
    return [...this.mails].flatMap(([id, mail]) =>
      [...mail.recipients]
        .filter(([, count]) => id !== "" && count > 1)
        .map(([recipient, count]) => ({ id, recipient, count })),
    );
  }
}
