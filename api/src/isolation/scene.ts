import { newMessageId } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import type { InjectOptions } from "fastify";
import { insertActivity } from "../testing/activity.ts";
import { tell } from "../testing/history.ts";
import { keyOf, putKey, startWorld, type World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

/** Somebody who asks for what is tenant a's; `b` is another tenant's key that may do everything there. */
export type CallerName =
  | "nobody"
  | "expired key"
  | "revoked key"
  | "viewer"
  | "b"
  | "a"
  | "platform";

/** Two tenants, of which a has a message that is delivered to one recipient and dead for another. */
export type Scene = {
  world: World;
  message: string;
  ask(as: CallerName, request: InjectOptions): Promise<{ status: number; body: string }>;
};

const EXPIRED = { expiresAt: "2020-01-01T00:00:00.000Z" };

const tokenOf = (name: string) => `wb_live_${name}_a-secret-of-${name}`;

async function tokens(world: World): Promise<Record<CallerName, string | undefined>> {
  const { nats } = world.deps;
  await putKey(nats, "a", "expired", tokenOf("expired"), EXPIRED);
  await world.deps.directory.reached(await putKey(nats, "a", "revoked", tokenOf("revoked")));
  await world.as("a", { method: "DELETE", url: "/api/v1/api-keys/revoked" });
  const seq = await putKey(nats, "a", "reader", tokenOf("reader"), { scopes: ["read"] });
  await world.deps.directory.reached(seq);
  return {
    nobody: undefined,
    "expired key": tokenOf("expired"),
    "revoked key": tokenOf("revoked"),
    viewer: tokenOf("reader"),
    b: keyOf("b"),
    a: keyOf("a"),
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
  const message = await tell(world, "a", storyOfA());
  await insertActivity(world, "a", { seq: 1, reason: MARK });
  const known = await tokens(world);
  const ask: Scene["ask"] = async (as, request) => {
    const token = known[as];
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await world.app.inject({ ...request, headers });
    return { status: answer.statusCode, body: answer.body };
  };
  return { world, message, ask };
}
