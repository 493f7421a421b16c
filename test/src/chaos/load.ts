import { setTimeout as sleep } from "node:timers/promises";
import { submit } from "../mail/submitter.ts";
import type { Relay } from "../relay/relay.ts";
import type { Login } from "../tenant/hand-in.ts";

const ROUND = { mails: 40, connections: 3, pauseMs: 400 };

/** Every fourth mail goes to three; no other mail has these addresses. */
export const recipientsOf = (id: string): string[] =>
  Array.from({ length: /[048]$/.test(id) ? 3 : 1 }, (_, at) => `r${at}-${id}@sink.test`);

/** A client of one tenant that hands mail in for as long as it is wanted, whatever the door says. */
export class Load {
  readonly tenant: string;
  /** Ids of the mails answered with 250. */
  readonly accepted: string[] = [];
  /** Those that were not: what was said, and those of which nothing was. */
  readonly refused: { id: string; reply: string }[] = [];
  readonly unknown: string[] = [];
  readonly #relay: Relay;
  readonly #login: Login;
  #next = 0;
  #isWanted = false;
  #running: Promise<void> = Promise.resolve();

  constructor(relay: Relay, tenant: string, login: Login) {
    this.#relay = relay;
    this.tenant = tenant;
    this.#login = login;
  }

  start(): void {
    this.#isWanted = true;
    this.#running = this.#run();
    // Told by `stop`.
    this.#running.catch(() => undefined);
  }

  /** Resolves when the round in hand has ended. @throws SessionRefused when the door said no for good */
  stop(): Promise<void> {
    this.#isWanted = false;
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      await this.#round();
      await sleep(ROUND.pauseMs);
    }
  }

  async #round(): Promise<void> {
    const { username: user, password: pass } = this.#login;
    const first = this.#next;
    this.#next += ROUND.mails;
    const id = (index: number) => `${this.tenant}-${first + index}`;
    const report = await submit({
      port: this.#relay.smtpPort,
      auth: { user, pass },
      mails: ROUND.mails,
      connections: ROUND.connections,
      size: 2048,
      from: `app@${this.tenant}.example`,
      to: (index) => recipientsOf(id(index)),
      id,
      reconnect: true,
      timeoutMs: 30_000,
    });
    this.accepted.push(...report.accepted);
    this.refused.push(...report.refused);
    this.unknown.push(...report.unknown);
  }
}
