import { Readable } from "node:stream";
import {
  openBodies,
  readConfig,
  makeLogger,
  makeLog,
  newMessageId,
  newTraceId,
  type Nats,
  putEntity,
} from "@waybill/runtime";
import type { Breaker, Entity, FactType, MailEvent, SmtpSettings, Tenant } from "@waybill/schemas";
import { testMessage } from "../mail/message.ts";
import { until } from "../relay/until.ts";
import { eventsOf, putTenant } from "./log-access.ts";

/** Lanes of a relay that was not told otherwise. */
const LANES = 16;

/** Milliseconds. */
const SHORT = { connect: 500, greeting: 500, socket: 2000 };

type Server = { port: number };

export type ProviderOptions = Partial<SmtpSettings> & { concurrency?: number };

/** A tenant with providers that lead to servers of a test, in the log of a relay. */
export class TenantOfProviders {
  readonly id: string;
  readonly #log: Nats;

  constructor(log: Nats, id: string) {
    this.#log = log;
    this.id = id;
  }

  put(entity: Entity): Promise<number> {
    const { kind, id } = entity;
    const time = new Date().toISOString();
    return putEntity(this.#log, {
      tenant: this.id,
      kind,
      id,
      time,
      actor: "test",
      reason: "test",
      entity,
    });
  }

  /** A provider that leads to a server. */
  async provider(id: string, { port }: Server, options: ProviderOptions = {}): Promise<void> {
    const { concurrency = 5, ...change } = options;
    const smtp: SmtpSettings = {
      host: "127.0.0.1",
      port,
      tls: "none",
      verify: false,
      timeouts: SHORT,
      ...change,
    };
    await this.put({ kind: "provider", type: "smtp", id, name: id, concurrency, smtp });
  }

  /** Makes the tenant, whose mail these carry in turn. */
  async open(providers: readonly string[], change: Partial<Tenant> = {}): Promise<void> {
    const then = { type: "providers" as const, providers: [...providers] };
    await this.put({ kind: "route", id: "all", position: 0, then });
    await putTenant(this.#log, { id: this.id, ...change });
  }

  /** Puts mails into the log as ingress does, under these test ids. */
  async queue(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += 100)
      await Promise.all(ids.slice(at, at + 100).map((one) => this.#accept(one)));
  }

  events<T extends FactType>(type: T): Promise<Extract<MailEvent, { type: T }>[]> {
    return eventsOf(this.#log, this.id, type);
  }

  /** Resolves with the deliveries once there are so many. */
  delivered(count: number) {
    return until(`${count} deliveries of ${this.id}`, async () => {
      const found = await this.events("delivered");
      return found.length >= count && found;
    });
  }

  /** What the log says of a breaker. */
  async breaker(id: string): Promise<Breaker | undefined> {
    const query = { last_by_subj: `control.${this.id}.breaker.${id}` };
    const found = await this.#log.jsm.direct.getMessage("CONTROL", query);
    return found?.json<{ entity: Breaker }>().entity;
  }

  /** Resolves with a breaker once it is open, or whatever else is asked for. */
  inState(id: string, state: Breaker["state"]): Promise<Breaker> {
    return until(`${id} to be ${state}`, async () => {
      const found = await this.breaker(id);
      return found?.state === state && found;
    });
  }

  async #accept(id: string): Promise<void> {
    const recipients = [`${id}@sink.test`];
    const from = "sender@submitter.test";
    const messageId = newMessageId();
    const raw = testMessage({ id, from, to: recipients, size: 500 });
    const owner = { tenant: this.id, messageId };
    const body = await openBodies({
      config: readConfig({ WAYBILL_LANES: String(LANES) }),
      nats: this.#log,
      log: makeLogger("silent", "test"),
    }).write(owner, Readable.from([Buffer.from(raw)]));
    await makeLog(this.#log, LANES).append({
      type: "accepted",
      messageId,
      tenant: this.id,
      time: new Date().toISOString(),
      traceId: newTraceId(),
      attempt: 1,
      rung: 0,
      envelope: { from, recipients, utf8: false },
      body,
      routing: { tags: [], fields: {} },
      submission: { protocol: "smtp", address: "127.0.0.1", helo: "submitter.test", tls: false },
      header: { from, subject: id, messageId: `<${id}@submitter.test>` },
    });
  }
}
