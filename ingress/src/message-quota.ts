import {
  findExhausted,
  quotasOf,
  reserve,
  type Quota,
  type Reservation,
  type Sender,
} from "@waybill/runtime";
import type { Door } from "./door.ts";
import { reply, type Reply } from "./replies.ts";

const PER = { hour: "an hour", day: "a day", month: "a month" } as const;

function overReply({ scope, unit, max, window }: Quota): Reply {
  const resetsAt = `${window.endsAt.toISOString().slice(0, -".000Z".length)}Z`;
  const name = scope === "tenant" ? "quotaReached" : "rateReached";
  return reply(name, { scope, max, per: PER[unit], resetsAt });
}

/** What one session has counted of the limits of messages: at most the one message in hand. */
export class MessageQuota {
  readonly #door: Door;
  #held: Reservation | undefined;
  #isOver = false;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Why a message may not begin, as far as that is known yet; undefined at once where nothing is limited. */
  refusal(sender: Sender): Promise<Reply | undefined> | undefined {
    const quotas = this.#quotas(sender);
    return quotas.length === 0 ? undefined : this.#look(quotas);
  }

  /** Counts a message before its first byte comes, or says why it may not come. */
  reserve(sender: Sender): Promise<Reply | undefined> | undefined {
    const quotas = this.#quotas(sender);
    return quotas.length === 0 ? undefined : this.#reserve(quotas);
  }

  /** What was counted for the message that comes now: whoever takes it gives it back, or not. */
  take(): Reservation | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }

  /** The session is over: what was counted for a message that never came is given back. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.take()?.giveBack();
  }

  #quotas(sender: Sender): readonly Quota[] {
    return quotasOf(this.#door.directory, sender, new Date());
  }

  async #look(quotas: readonly Quota[]): Promise<Reply | undefined> {
    try {
      const over = await findExhausted(this.#door.counters, quotas);
      return over && overReply(over);
    } catch (error) {
      return this.#away(error);
    }
  }

  async #reserve(quotas: readonly Quota[]): Promise<Reply | undefined> {
    try {
      const made = await reserve(this.#door.counters, quotas);
      if ("over" in made) return overReply(made.over);
      this.#held = made;
      if (this.#isOver) await this.end();
      return undefined;
    } catch (error) {
      return this.#away(error);
    }
  }

  #away(error: unknown): Reply {
    this.#door.log.error({ err: error }, "limits cannot be counted");
    return reply("unavailable");
  }
}
