import { newMessageId as newId } from "@waybill/runtime";
import { PLATFORM, type Provider, shown, shownLogin } from "@waybill/schemas";
import { Problem } from "../errors.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { changedProvider, newProvider } from "./provider-settings.ts";
import {
  ChangedProvider,
  NewProvider,
  ProviderView,
  type ChangedProvider as Changed,
  type NewProvider as New,
} from "./provider-shapes.ts";
import { usersOf } from "./provider-users.ts";

const ownOf = ({ deps, caller }: Asked, id: string) => deps.directory.provider(caller.tenant, id);
const systemWide = ({ deps }: Asked, id: string) => deps.directory.provider(PLATFORM, id);

/** Seen by a tenant; one of its own with the same id stands before it. */
const isShared = (asked: Asked, id: string): boolean =>
  ownOf(asked, id) === undefined && systemWide(asked, id) !== undefined;

const isPlatform = ({ caller }: Asked): boolean => caller.tenant === PLATFORM;

const sealFor =
  ({ deps, caller }: Asked) =>
  (password: string) =>
    deps.vault.seal(caller.tenant, password);

function all(asked: Asked): Provider[] {
  const { deps, caller } = asked;
  const own = deps.directory.entities(caller.tenant, "provider");
  const shared = deps.directory.systemProviders().filter(({ id }) => isShared(asked, id));
  return [...own, ...shared].toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

function show(provider: Provider, asked: Asked): object {
  const { id, type, name, concurrency } = provider;
  const isSystem = isPlatform(asked) || isShared(asked, id);
  if (isSystem && !isPlatform(asked)) return { id, type, name, isSystem };
  const common = { id, type, name, isSystem, concurrency };
  if (provider.type === "sandbox") return { ...common, hasSecret: false };
  if (provider.type !== "smtp") return { ...shown(provider), ...common, hasSecret: true };
  const { from, replyTo, smtp } = provider;
  const { auth, ...server } = smtp;
  const login = auth && shownLogin(auth);
  return { ...common, ...server, auth: login, hasSecret: login !== undefined, from, replyTo };
}

function home(asked: Asked, id: string | undefined): string {
  if (id !== undefined && isShared(asked, id))
    throw new Problem("forbidden", "a system-wide provider is the platform's to change");
  return asked.caller.tenant;
}

/**
 * Providers: a tenant's own, and those of the platform, which every tenant sees by name and falls
 * back to. Passwords are sealed in the owner's vault and never shown.
 */
export const providers: Resource<Provider, New, Changed> = {
  kind: "provider",
  path: "providers",
  words: ["provider", "providers"],
  tag: "providers",
  view: ProviderView,
  new: NewProvider,
  patch: ChangedProvider,
  read: "config:read",
  write: "config:write",
  show,
  make: async (body, asked) => ({ entity: await newProvider(newId(), body, sealFor(asked)) }),
  change: async (provider, patch, asked) => ({
    entity: await changedProvider(provider, patch, sealFor(asked)),
  }),
  usedBy: ({ id }, { deps, caller }) => usersOf(deps.directory, caller.tenant, id),
  home,
  readHome: (asked, id) => (isShared(asked, id) ? PLATFORM : asked.caller.tenant),
  all,
};
