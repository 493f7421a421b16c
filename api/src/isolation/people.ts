import { newMessageId, userIdOf } from "@waybill/runtime";
import type { World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: object; isThePlatforms?: boolean };

const V1 = "/api/v1";
const OF_A = `${V1}/tenants/a/members`;
const PERSON = { email: `${MARK}@x.test`, name: MARK };
const stranger = () => ({ email: `${newMessageId()}@x.test`, name: MARK });

const platform = (world: World, method: "POST" | "PATCH", url: string, payload: object) =>
  world.as("platform", { method, url, payload });

async function namedTenant(world: World): Promise<string> {
  await platform(world, "PATCH", `${V1}/tenants/a`, { name: MARK });
  return `${V1}/tenants/a`;
}

async function freshTenant(world: World): Promise<string> {
  const id = newMessageId().toLowerCase();
  await platform(world, "POST", `${V1}/tenants`, { id, name: MARK });
  return `${V1}/tenants/${id}`;
}

/** A user who is in a, made again when a request has removed them. */
async function member(world: World, collection: string): Promise<string> {
  await platform(world, "POST", OF_A, { ...PERSON, role: "viewer" });
  return `${collection}/${userIdOf(PERSON.email)}`;
}

/** A user who is in no tenant, and so can be deleted. */
async function user(world: World): Promise<string> {
  const { email } = PERSON;
  const id = userIdOf(`no-member-${email}`);
  const isThere = world.deps.directory.find("platform", "user", id) !== undefined;
  const payload = { ...PERSON, email: `no-member-${email}` };
  if (!isThere) await platform(world, "POST", `${V1}/users`, payload);
  return `${V1}/users/${id}`;
}

/** How the routes of tenants, members and users are asked for what is tenant a's, or the platform's. */
export const PEOPLE: Record<string, (world: World) => Promise<Ask> | Ask> = {
  [`get ${V1}/tenants`]: async (world) => (await namedTenant(world), { url: `${V1}/tenants` }),
  [`get ${V1}/tenants/{id}`]: async (world) => ({ url: await namedTenant(world) }),
  [`post ${V1}/tenants`]: () => ({
    url: `${V1}/tenants`,
    payload: { id: newMessageId().toLowerCase(), name: MARK },
  }),
  [`patch ${V1}/tenants/{id}`]: () => ({ url: `${V1}/tenants/a`, payload: { name: MARK } }),
  [`delete ${V1}/tenants/{id}`]: async (world) => ({
    url: await freshTenant(world),
    isThePlatforms: true,
  }),
  [`get ${V1}/tenants/{tenant}/members`]: async (world) => (
    await member(world, OF_A),
    { url: OF_A }
  ),
  [`get ${V1}/tenants/{tenant}/members/{id}`]: async (world) => ({
    url: await member(world, OF_A),
  }),
  [`post ${V1}/tenants/{tenant}/members`]: () => ({
    url: OF_A,
    payload: { ...stranger(), role: "viewer" },
  }),
  [`patch ${V1}/tenants/{tenant}/members/{id}`]: async (world) => ({
    url: await member(world, OF_A),
    payload: { role: "member" },
  }),
  [`delete ${V1}/tenants/{tenant}/members/{id}`]: async (world) => ({
    url: await member(world, OF_A),
  }),
  [`get ${V1}/users`]: async (world) => (await user(world), { url: `${V1}/users` }),
  [`get ${V1}/users/{id}`]: async (world) => ({ url: await user(world) }),
  [`post ${V1}/users`]: () => ({ url: `${V1}/users`, payload: stranger() }),
  [`patch ${V1}/users/{id}`]: async (world) => ({
    url: await user(world),
    payload: { name: MARK },
  }),
  [`delete ${V1}/users/{id}`]: async (world) => ({ url: await user(world) }),
  [`post ${V1}/users/{id}/password`]: async (world) => ({
    url: `${await user(world)}/password`,
  }),
};
