import { DeliverPolicy } from "@nats-io/jetstream";
import {
  PLATFORM,
  type ApiKey,
  type ControlFact,
  type Credential,
  type Entity,
  type EntityKind,
  type Provider,
  type Route,
  type Tenant,
} from "@waybill/schemas";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

type Owned<T> = { tenant: string; entity: T };
type EntityOf<K extends EntityKind> = Extract<Entity, { kind: K }>;
type Held = { entity: Entity; seq: number };

/**
 * The installation's configuration as of now, in memory: the fold of the CONTROL stream. Every
 * process holds one; there is no cache to expire.
 */
export class Directory {
  readonly #tenants = new Map<string, Tenant>();
  readonly #credentials = new Map<string, Owned<Credential>>();
  readonly #usernames = new Map<string, string>();
  readonly #apiKeys = new Map<string, Owned<ApiKey>>();
  readonly #providers = new Map<string, Map<string, Provider>>();
  readonly #routes = new Map<string, Route[]>();
  readonly #listeners = new Set<(fact: ControlFact) => void>();
  readonly #owned = new Map<string, Map<string, Held>>();
  readonly #waiting = new Set<{ seq: number; reached: () => void }>();
  #reached = 0;

  tenant(slug: string): Tenant | undefined {
    return this.#tenants.get(slug);
  }

  /** The credential with that username, with its tenant. */
  credential(username: string): Owned<Credential> | undefined {
    return this.#credentials.get(username);
  }

  /** The API key with that id, with its tenant. */
  apiKey(id: string): Owned<ApiKey> | undefined {
    return this.#apiKeys.get(id);
  }

  provider(tenant: string, id: string): Provider | undefined {
    return this.#providers.get(tenant)?.get(id);
  }

  /** Providers that any tenant falls back to, in the order of their ids. */
  systemProviders(): Provider[] {
    return [...(this.#providers.get(PLATFORM)?.values() ?? [])].toSorted((a, b) =>
      a.id.localeCompare(b.id),
    );
  }

  /** A tenant's routes in the order they are asked. */
  routes(tenant: string): readonly Route[] {
    return this.#routes.get(tenant) ?? [];
  }

  /** A tenant's entities of a kind, the newest id first. */
  entities<K extends EntityKind>(tenant: string, kind: K): EntityOf<K>[] {
    const held = [...(this.#owned.get(tenant)?.values() ?? [])];
    const ofKind = held.map(({ entity }) => entity).filter((one) => one.kind === kind);
    return ofKind.toSorted((a, b) => (a.id < b.id ? 1 : -1)) as EntityOf<K>[];
  }

  /** An entity, and the sequence of its last fact in CONTROL. */
  find<K extends EntityKind>(
    tenant: string,
    kind: K,
    id: string,
  ): { entity: EntityOf<K>; seq: number } | undefined {
    return this.#owned.get(tenant)?.get(`${kind}/${id}`) as never;
  }

  /** Resolves once the fact of that sequence of CONTROL is folded in. */
  async reached(seq: number): Promise<void> {
    if (this.#reached >= seq) return;
    await new Promise<void>((reached) => this.#waiting.add({ seq, reached }));
  }

  /** Calls back after each change; returns what ends that. */
  onChange(listener: (fact: ControlFact) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Folds one fact in; `seq` is its sequence in CONTROL. */
  apply(fact: ControlFact, seq = this.#reached + 1): void {
    this.#remove(fact);
    if (fact.entity !== null) this.#add(fact.tenant, fact.entity);
    this.#hold(fact, seq);
    for (const listener of this.#listeners) listener(fact);
    this.#reached = seq;
    for (const one of this.#waiting) if (one.seq <= seq && this.#waiting.delete(one)) one.reached();
  }

  #hold({ tenant, kind, id, entity }: ControlFact, seq: number): void {
    const held = this.#owned.get(tenant) ?? new Map<string, Held>();
    this.#owned.set(tenant, held);
    if (entity === null) held.delete(`${kind}/${id}`);
    else held.set(`${kind}/${id}`, { entity, seq });
  }

  #add(tenant: string, entity: NonNullable<ControlFact["entity"]>): void {
    switch (entity.kind) {
      case "tenant":
        this.#tenants.set(entity.id, entity);
        break;
      case "credential":
        this.#credentials.set(entity.username, { tenant, entity });
        this.#usernames.set(`${tenant}/${entity.id}`, entity.username);
        break;
      case "apikey":
        this.#apiKeys.set(entity.id, { tenant, entity });
        break;
      case "provider":
        this.#providers.set(
          tenant,
          (this.#providers.get(tenant) ?? new Map()).set(entity.id, entity),
        );
        break;
      case "route":
        this.#routes.set(
          tenant,
          [...this.routes(tenant), entity].toSorted((a, b) => a.position - b.position),
        );
        break;
      case "user":
      case "masterkey":
        break;
    }
  }

  #remove({ tenant, kind, id }: ControlFact): void {
    if (kind === "tenant") this.#tenants.delete(id);
    if (kind === "apikey") this.#apiKeys.delete(id);
    if (kind === "provider") this.#providers.get(tenant)?.delete(id);
    if (kind === "route")
      this.#routes.set(
        tenant,
        this.routes(tenant).filter((one) => one.id !== id),
      );
    if (kind === "credential") {
      this.#credentials.delete(this.#usernames.get(`${tenant}/${id}`) ?? "");
      this.#usernames.delete(`${tenant}/${id}`);
    }
  }
}

/** A directory that holds everything CONTROL holds when this resolves, and follows it from then on. */
export async function followDirectory({
  js,
}: Nats): Promise<Directory & { stop(): Promise<void> }> {
  const directory = new Directory();
  const consumer = await js.consumers.get(STREAMS.control, {
    deliver_policy: DeliverPolicy.LastPerSubject,
  });
  const caughtUp = Promise.withResolvers<void>();
  if ((await consumer.info()).num_pending === 0) caughtUp.resolve();
  const messages = await consumer.consume({
    max_messages: 500,
    expires: 5000,
    idle_heartbeat: 1000,
    callback: (message) => {
      directory.apply(message.json<ControlFact>(), message.seq);
      if (message.info.pending === 0) caughtUp.resolve();
    },
  });
  await caughtUp.promise;
  return Object.assign(directory, {
    stop: async () => {
      await messages.close();
    },
  });
}
