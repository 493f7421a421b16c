import { newMessageId } from "@waybill/runtime";
import { PLATFORM, type Role } from "@waybill/schemas";
import type { InjectOptions } from "fastify";
import { insertActivity } from "../testing/activity.ts";
import { tell } from "../testing/history.ts";
import { putMember, putUser, sessionsOf } from "../testing/people.ts";
import { keyOf, putKey, startWorld, type World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

/** A person of tenant a, by their role there. */
export const ROLES = ["viewer", "member", "admin", "owner"] as const;

/** Somebody who asks for what is tenant a's. Those of b may do everything there is in a tenant. */
export type CallerName =
  | "nobody"
  | "expired key"
  | "revoked key"
  | (typeof ROLES)[number]
  | "owner of b"
  | "key of b"
  | "platform";

/** Two tenants, of which a has a message that is delivered to one recipient and dead for another. */
export type Scene = {
  world: World;
  message: string;
  ask(as: CallerName, request: InjectOptions): Promise<{ status: number; body: string }>;
};

const EXPIRED = { expiresAt: "2020-01-01T00:00:00.000Z" };

const keyNamed = (name: string) => `wb_live_${name}_a-secret-of-${name}`;

/** Logs a person in; whoever is of a has the mark in their address. */
async function tokenOf(world: World, tenant: string, role: Role): Promise<string> {
  const id = tenant === "a" ? `${role}-${MARK}` : `${role}-of-b`;
  await putUser(world, id);
  await putMember(world, tenant, id, role);
  return (await sessionsOf(world.app).logIn(id)).accessToken;
}

async function tokens(world: World): Promise<Record<CallerName, string | undefined>> {
  const { nats, directory } = world.deps;
  await putKey(nats, "a", "expired", keyNamed("expired"), EXPIRED);
  await directory.reached(await putKey(nats, "a", "revoked", keyNamed("revoked")));
  await world.as("a", { method: "DELETE", url: "/api/v1/api-keys/revoked" });
  return {
    nobody: undefined,
    "expired key": keyNamed("expired"),
    "revoked key": keyNamed("revoked"),
    viewer: await tokenOf(world, "a", "viewer"),
    member: await tokenOf(world, "a", "member"),
    admin: await tokenOf(world, "a", "admin"),
    owner: await tokenOf(world, "a", "owner"),
    "owner of b": await tokenOf(world, "b", "owner"),
    "key of b": keyOf("b"),
    platform: keyOf(PLATFORM),
  };
}

const storyOfA = () => ({
  sender: `app@${MARK}.test`,
  subject: MARK,
  status: "partial" as const,
  raw: `Subject: ${MARK}\r\n\r\n${MARK} ${newMessageId()}\r\n`,
  recipients: [
    { address: "bob@x.test", status: "delivered" as const },
    { address: "carl@x.test", status: "dead" as const },
  ],
});

/** Starts the API on real engines, with everything that is tried. */
export async function startScene(): Promise<Scene> {
  const world = await startWorld();
  world.deps.config.WAYBILL_API_MAX_REQUESTS_PER_MINUTE = Number.MAX_SAFE_INTEGER;
  const message = await tell(world, "a", storyOfA());
  await insertActivity(world, "a", { seq: 1, reason: MARK });
  const known = await tokens(world);
  const ask: Scene["ask"] = async (as, request) => {
    const token = known[as];
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await world.app.inject({
      ...request,
      headers: { ...request.headers, ...headers },
    });
    return { status: answer.statusCode, body: answer.body };
  };
  return { world, message, ask };
}
