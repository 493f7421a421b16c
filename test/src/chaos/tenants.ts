import { openLog, putTenant } from "../faults/log-access.ts";
import type { Api } from "../faults/views.ts";
import type { Relay } from "../relay/relay.ts";
import { Caller } from "../tenant/caller.ts";
import { doorKnows } from "../tenant/door.ts";
import { Load } from "./load.ts";

/** Seconds between attempts: as many as outlast a bad next hop. */
const LADDER = [1, 1, 1, 2, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5];

/** Attempts of a recipient, the first included. */
export const ATTEMPTS = LADDER.length + 1;

/**
 * Milliseconds that surely pass before the last of them: half of the ladder, as a fact may be taken late
 * by a log that stood still.
 */
export const PATIENCE = (LADDER.reduce((sum, step) => sum + step) * 1000) / 2;

/** Messages of a tenant in delivery at once. */
export const CONCURRENCY = 20;

/** Milliseconds for which an answer is waited for; a frozen API gives none. */
const ANSWER_WITHIN = 10_000;

/** A tenant that hands mail in, and the API as its own key opens it. */
export type Side = { id: string; load: Load; api: Api };

type Tokens = { accessToken: string };

const logIn = (relay: Relay, email: string, password: string): Promise<Tokens> =>
  new Caller(relay).want<Tokens>(200, "POST", "/auth/login", { email, password });

/** A second tenant, as the platform makes one; a key of its own. */
async function makeTenant(relay: Relay, id: string): Promise<string> {
  const { email, password } = relay.credentials.admin;
  const platform = new Caller(relay, (await logIn(relay, email, password)).accessToken);
  await platform.want(201, "POST", "/tenants", { id, name: id });
  const member = { email: `owner@${id}.example`, role: "owner" };
  const path = `/tenants/${id}/members`;
  const made = await platform.want<{ password: string }>(201, "POST", path, member);
  const owner = new Caller(relay, (await logIn(relay, member.email, made.password)).accessToken);
  const body = { name: "chaos", scopes: ["read", "admin"] };
  return (await owner.want<{ key: string }>(201, "POST", "/api-keys", body)).key;
}

async function openSide(relay: Relay, id: string, key: string): Promise<Side> {
  const headers = { authorization: `Bearer ${key}` };
  const api: Api["api"] = (path) =>
    relay.api(path, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN) });
  const login = await doorKnows(relay, new Caller(relay, key));
  return { id, load: new Load(relay, id, login), api: { api } };
}

/** Two tenants of a running relay, which try again within seconds. */
export async function makeSides(relay: Relay): Promise<Side[]> {
  const keys = { demo: relay.credentials.api.key, acme: await makeTenant(relay, "acme") };
  const log = await openLog(relay.engines.natsUrl);
  for (const id of Object.keys(keys))
    await putTenant(log, { id, concurrency: CONCURRENCY, retryLadder: LADDER });
  await log.close();
  const sides: Side[] = [];
  for (const [id, key] of Object.entries(keys)) sides.push(await openSide(relay, id, key));
  return sides;
}
