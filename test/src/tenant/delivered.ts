import type { Relay } from "../relay/relay.ts";
import { until } from "../relay/until.ts";
import type { Caller } from "./caller.ts";
import { handIn, type Login } from "./hand-in.ts";

/** What the API says of a message. */
type Message = { status: string; timeline: { route?: { rule?: string; because: string } }[] };

const ENDS = ["delivered", "dead"];

/** Hands in mails until one is delivered: the actors may read of a rule a moment later than the door. */
export const delivered = (relay: Relay, caller: Caller, login: Login, from: string, tag: string) =>
  until("a mail to be delivered", async () => {
    const [, id] = /queued as (\w+)/.exec(await handIn(relay, login, from, tag)) ?? [];
    const message = await until("its end", async () => {
      const { status, body } = await caller.ask<Message>("GET", `/messages/${id}`);
      return status === 200 && ENDS.includes(body.status) && body;
    });
    return message.status === "delivered" && message;
  });
