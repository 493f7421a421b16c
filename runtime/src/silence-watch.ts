import type { Consumer, ConsumerMessages, DeliveryInfo } from "@nats-io/jetstream";

/** Milliseconds between two looks. */
const LOOK = 1000;
/** Looks after which what the server still owes is given up. */
const PATIENCE = 30;

/**
 * Ends a read that waits for messages which are not there any more: each tells how many are to come
 * after it, and those may vanish before they come. Looks once a second, and asks the server only when
 * the reader has waited since the look before.
 */
export class SilenceWatch {
  readonly #consumer: Consumer;
  readonly #messages: ConsumerMessages;
  readonly #timer: NodeJS.Timeout;
  #last: Pick<DeliveryInfo, "consumer" | "deliverySequence"> | undefined;
  #isWaiting = true;
  /** Looks since the last message. */
  #silent = 0;
  /** Whether the read was ended because nothing more is to come. */
  isEnd = false;

  constructor(consumer: Consumer, messages: ConsumerMessages) {
    this.#consumer = consumer;
    this.#messages = messages;
    this.#timer = setInterval(() => void this.#look(), LOOK);
  }

  /** The reader got a message. */
  heard(info: DeliveryInfo): void {
    this.#last = info;
    this.#isWaiting = false;
    this.#silent = 0;
  }

  /** The reader wants the next one. */
  waits(): void {
    this.#isWaiting = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (!this.#isWaiting) return;
    this.#silent += 1;
    if (this.#silent === 1) return;
    const last = this.#last;
    const isOver = await this.#isOver().catch(() => false);
    if (this.#last !== last) return;
    if (isOver) {
      this.isEnd = true;
      this.#messages.stop();
    } else if (this.#silent > PATIENCE) {
      this.#messages.stop(new Error("the log fell silent in the middle of a replay"));
    }
  }

  /** Nothing is to come, and all that was sent has come; a consumer that was made anew has sent nothing yet. */
  async #isOver(): Promise<boolean> {
    const { name, num_pending, delivered } = await this.#consumer.info();
    if (num_pending > 0) return false;
    const { consumer, deliverySequence } = this.#last ?? {};
    return (
      delivered.consumer_seq === 0 ||
      (name === consumer && delivered.consumer_seq === deliverySequence)
    );
  }
}
