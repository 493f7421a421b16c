import {
  ownServer,
  PLATFORM,
  prepareRules,
  type ApiKey,
  type ControlFact,
  type Credential,
  type DkimKey,
  type Entity,
  type EntityKind,
  type Hook,
  type Limits,
  type Provider,
  type Rules,
  type SmtpProvider,
  type SigningKey,
  type Tenant,
  type User,
} from "@waybill/schemas";

/** An entity with its tenant, and the sequence of its last fact in CONTROL. */
export type Held<E extends Entity = Entity> = { tenant: string; entity: E; seq: number };
type EntityOf<K extends EntityKind> = Extract<Entity, { kind: K }>;
/** What is kept of an entity that was removed: the sequence that the next fact must follow. */
type Gone = { entity: null; seq: number };

const isHeld = (one: Held | Gone | undefined): one is Held => (one?.entity ?? null) !== null;

/**
 * Where a tenant's entities of a kind are kept. Suppressions are apart, as there may be a hundred
 * thousand of them: whoever asks for all of another kind walks over none.
 */
const placeOf = (tenant: string, kind: string): string =>
  kind === "suppression" ? `${tenant}/${kind}` : tenant;

/** A tenant's slug as the first of its entities has it, so that all share the one text. */
function slugOf(held: Map<string, Held | Gone>): string | undefined {
  const [first] = held.values();
  return isHeld(first) ? first.tenant : undefined;
}

/**
 * The installation's configuration as of now, in memory: the fold of the CONTROL stream. Every
 * process holds one; there is no cache to expire.
 */
export class Directory {
  readonly #kinds: ReadonlySet<EntityKind> | undefined;
  /** By `placeOf`. */
  readonly #tenants = new Map<string, Map<string, Held | Gone>>();
  readonly #byUsername = new Map<string, Held<Credential>>();
  readonly #byKeyId = new Map<string, Held<ApiKey>>();
  readonly #byHookId = new Map<string, Held<Hook>>();
  readonly #byEmail = new Map<string, Held<User>>();
  readonly #tenantsOf = new Map<string, Set<string>>();
  readonly #byReturnPath = new Map<string, Set<string>>();
  readonly #rules = new Map<string, Rules>();
  readonly #dkimKeys = new Map<string, ReadonlyMap<string, DkimKey[]>>();
  #systemProviders: readonly Provider[] | undefined;
  #signingKeys: readonly SigningKey[] | undefined;
  readonly #listeners = new Set<(fact: ControlFact) => void>();
  readonly #waiting = new Set<{ seq: number; reached: () => void }>();
  readonly #counts = new Map<string, number>();
  #reached = 0;

  /** @param kinds those it is fed with; all by default. It answers for no other. */
  constructor(kinds?: readonly EntityKind[]) {
    this.#kinds = kinds && new Set(kinds);
  }

  tenant(slug: string): Tenant | undefined {
    return this.find(slug, "tenant", slug)?.entity;
  }

  /** Every tenant there is, by slug. */
  tenants(): Tenant[] {
    const slugs = [...this.#tenants.keys()].toSorted();
    return slugs.map((slug) => this.tenant(slug)).filter((one) => one !== undefined);
  }

  /** The credential with that username, with its tenant. */
  credential(username: string): Held<Credential> | undefined {
    return this.#byUsername.get(username);
  }

  /** The API key with that id, with its tenant. */
  apiKey(id: string): Held<ApiKey> | undefined {
    return this.#byKeyId.get(id);
  }

  /** The webhook with that id, with its tenant. */
  hook(id: string): Held<Hook> | undefined {
    return this.#byHookId.get(id);
  }

  /** The user with that address, in lower case. */
  user(email: string): Held<User> | undefined {
    return this.#byEmail.get(email);
  }

  /** How much a tenant may send, if anything is said of that. */
  limits(tenant: string): Limits | undefined {
    return this.find(tenant, "limits", "limits")?.entity;
  }

  provider(tenant: string, id: string): Provider | undefined {
    return this.find(tenant, "provider", id)?.entity;
  }

  /** Providers that any tenant falls back to, in the order of their ids. */
  systemProviders(): readonly Provider[] {
    return (this.#systemProviders ??= this.entities(PLATFORM, "provider").toReversed());
  }

  /** The SMTP server that a user set for themselves in a tenant, as a provider. */
  ownServer(tenant: string, user: string): SmtpProvider | undefined {
    const held = this.find(tenant, "usersmtp", user);
    return held && ownServer(held.entity);
  }

  /** The keys that tokens are signed with: asked for at every request, beside every user there is. */
  signingKeys(): readonly SigningKey[] {
    return (this.#signingKeys ??= this.entities(PLATFORM, "signingkey"));
  }

  /** A tenant's routing rules, ready to be asked. */
  rules(tenant: string): Rules {
    const known = this.#rules.get(tenant);
    if (known !== undefined) return known;
    const order = this.find(tenant, "routeorder", "rules")?.entity.ids;
    const rules = prepareRules(this.entities(tenant, "route"), order);
    this.#rules.set(tenant, rules);
    return rules;
  }

  /** A tenant's keys that sign mail, by domain, the newest first: asked for at every attempt. */
  dkimKeys(tenant: string): ReadonlyMap<string, readonly DkimKey[]> {
    const known = this.#dkimKeys.get(tenant);
    if (known !== undefined) return known;
    const all = this.entities(tenant, "dkimkey");
    const newest = all.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    const keys = Map.groupBy(newest, ({ domain }) => domain);
    this.#dkimKeys.set(tenant, keys);
    return keys;
  }

  /** The tenants a user is a member of, by slug; one that was deleted is none. */
  tenantsOf(user: string): string[] {
    const slugs = [...(this.#tenantsOf.get(user) ?? [])];
    return slugs.filter((slug) => this.tenant(slug) !== undefined).toSorted();
  }

  /** The tenants whose mail comes back to a domain, in lower case. */
  tenantsReturnedTo(domain: string): ReadonlySet<string> {
    return this.#byReturnPath.get(domain) ?? new Set();
  }

  /** Whether any tenant's mail comes back to us. */
  get hasReturnPaths(): boolean {
    return this.#byReturnPath.size > 0;
  }

  /** A tenant's entities of a kind, the newest id first. */
  entities<K extends EntityKind>(tenant: string, kind: K): EntityOf<K>[] {
    this.#demand(kind);
    const place = this.#tenants.get(placeOf(tenant, kind));
    const all = [...(place?.values() ?? [])].filter(isHeld);
    const ofKind = all.map(({ entity }) => entity).filter((one) => one.kind === kind);
    return ofKind.toSorted((a, b) => (a.id < b.id ? 1 : -1)) as EntityOf<K>[];
  }

  /** How many entities of a kind a tenant has, without a walk over them. */
  count(tenant: string, kind: EntityKind): number {
    this.#demand(kind);
    return this.#counts.get(`${tenant}/${kind}`) ?? 0;
  }

  /** The kinds of which a tenant has any. */
  kinds(tenant: string): EntityKind[] {
    const all = [...(this.#tenants.get(tenant)?.values() ?? [])].filter(isHeld);
    const kinds = new Set(all.map(({ entity }) => entity.kind));
    if ((this.#counts.get(`${tenant}/suppression`) ?? 0) > 0) kinds.add("suppression");
    return [...kinds];
  }

  /** The entities of a kind of all tenants. */
  everywhere<K extends EntityKind>(kind: K): Held<EntityOf<K>>[] {
    const all = [...this.#tenants.values()].flatMap((held) => [...held.values()]).filter(isHeld);
    return all.filter(({ entity }) => entity.kind === kind) as Held<EntityOf<K>>[];
  }

  /** An entity, and the sequence of its last fact. */
  find<K extends EntityKind>(tenant: string, kind: K, id: string): Held<EntityOf<K>> | undefined {
    this.#demand(kind);
    const found = this.#tenants.get(placeOf(tenant, kind))?.get(`${kind}/${id}`);
    return isHeld(found) ? (found as Held<EntityOf<K>>) : undefined;
  }

  /** The sequence of the last fact under that name, its removal included; 0 when there never was one. */
  lastSeq(tenant: string, kind: EntityKind, id: string): number {
    return this.#tenants.get(placeOf(tenant, kind))?.get(`${kind}/${id}`)?.seq ?? 0;
  }

  /** The sequence of the last fact of a tenant and kind, removals included; 0 when there never was one. */
  lastSeqOf(tenant: string, kind: EntityKind): number {
    const all = [...(this.#tenants.get(placeOf(tenant, kind)) ?? [])];
    const seqs = all.filter(([name]) => name.startsWith(`${kind}/`)).map(([, { seq }]) => seq);
    return Math.max(0, ...seqs);
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
    const { tenant, kind, id, entity } = fact;
    const place = placeOf(tenant, kind);
    const held = this.#tenants.get(place) ?? new Map<string, Held | Gone>();
    this.#tenants.set(place, held);
    const before = held.get(`${kind}/${id}`);
    if (isHeld(before)) this.#unlink(before);
    this.#add(tenant, kind, Number(entity !== null) - Number(isHeld(before)));
    const now = entity === null ? { entity, seq } : { tenant: slugOf(held) ?? tenant, entity, seq };
    held.set(`${kind}/${id}`, now);
    if (isHeld(now)) this.#link(now);
    this.#forget(tenant, kind);
    for (const listener of this.#listeners) listener(fact);
    this.skip(seq);
  }

  /** Goes past a sequence of CONTROL that has nothing to fold in. */
  skip(seq: number): void {
    this.#reached = seq;
    for (const one of this.#waiting) if (one.seq <= seq && this.#waiting.delete(one)) one.reached();
  }

  #demand(kind: EntityKind): void {
    if (this.#kinds?.has(kind) === false) throw new Error(`this process does not follow ${kind}`);
  }

  /** What was made of the entities of a kind is made again when it is asked for. */
  #forget(tenant: string, kind: string): void {
    if (kind === "route" || kind === "routeorder") this.#rules.delete(tenant);
    if (kind === "dkimkey") this.#dkimKeys.delete(tenant);
    if (kind === "provider" && tenant === PLATFORM) this.#systemProviders = undefined;
    if (kind === "signingkey") this.#signingKeys = undefined;
  }

  #add(tenant: string, kind: string, n: number): void {
    const name = `${tenant}/${kind}`;
    if (n !== 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + n);
  }

  #link(held: Held): void {
    const { tenant, entity } = held;
    if (entity.kind === "credential")
      this.#byUsername.set(entity.username, held as Held<Credential>);
    if (entity.kind === "apikey") this.#byKeyId.set(entity.id, held as Held<ApiKey>);
    if (entity.kind === "hook") this.#byHookId.set(entity.id, held as Held<Hook>);
    if (entity.kind === "user") this.#byEmail.set(entity.email, held as Held<User>);
    if (entity.kind === "member") this.#membershipsOf(entity.id).add(tenant);
    if (entity.kind === "tenant") this.#return(entity.returnPath, tenant, true);
  }

  #unlink({ tenant, entity }: Held): void {
    if (entity.kind === "credential") this.#byUsername.delete(entity.username);
    if (entity.kind === "apikey") this.#byKeyId.delete(entity.id);
    if (entity.kind === "hook") this.#byHookId.delete(entity.id);
    if (entity.kind === "user") this.#byEmail.delete(entity.email);
    if (entity.kind === "member") this.#membershipsOf(entity.id).delete(tenant);
    if (entity.kind === "tenant") this.#return(entity.returnPath, tenant, false);
  }

  #return(domain: string | undefined, tenant: string, holds: boolean): void {
    if (domain === undefined) return;
    const tenants = this.#byReturnPath.get(domain) ?? new Set<string>();
    if (holds) tenants.add(tenant);
    else tenants.delete(tenant);
    if (tenants.size > 0) this.#byReturnPath.set(domain, tenants);
    else this.#byReturnPath.delete(domain);
  }

  #membershipsOf(user: string): Set<string> {
    const known = this.#tenantsOf.get(user) ?? new Set<string>();
    this.#tenantsOf.set(user, known);
    return known;
  }
}
