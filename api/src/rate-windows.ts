import type { Rate, RateLimit } from "./rate-answer.ts";

export type Window = { endsAt: number; taken: number };

/** Windows of fixed length that begin with their first request; those that are over are forgotten. */
export class Windows {
  readonly #open = new Map<string, Window>();

  /** Counts one more of a tenant; `now` is in milliseconds. */
  take(tenant: string, limit: RateLimit, now: number): { rate: Rate; window: Window } {
    const key = `${limit.name}/${tenant}`;
    const known = this.#open.get(key);
    const window =
      known !== undefined && known.endsAt > now ? known : this.#begin(now, limit.seconds);
    window.taken += 1;
    this.#open.set(key, window);
    const reset = Math.ceil((window.endsAt - now) / 1000);
    return { rate: { ...limit, left: limit.most - window.taken, reset }, window };
  }

  #begin(now: number, seconds: number): Window {
    for (const [key, { endsAt }] of this.#open) if (endsAt <= now) this.#open.delete(key);
    return { endsAt: now + seconds * 1000, taken: 0 };
  }
}
