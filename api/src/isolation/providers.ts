import { newMessageId } from "@waybill/runtime";
import { put, type World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: object; answers?: string };

const URL = "/api/v1/providers";

async function sandboxOf({ deps }: World): Promise<string> {
  const id = newMessageId();
  const sandbox = { kind: "provider", type: "sandbox", id, name: MARK, concurrency: 1 } as const;
  await deps.directory.reached(await put(deps.nats, "a", sandbox));
  return id;
}

/** With an attempt at the message, so that there is something to tell. */
async function triedSandboxOf(world: World, message: string): Promise<string> {
  const id = await sandboxOf(world);
  await world.engines.owner.query(
    `INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status, recipients,
       duration_ms, response, at, class)
     SELECT 'a', max(seq) + 1, $1, 1, $2, 'sandbox', 'failed', '{}', 1, $3, now(), 'retry'
     FROM attempts WHERE tenant = 'a'`,
    [message, id, MARK],
  );
  return id;
}

/** How providers of tenant a are tested, and their health is asked for. */
export const PROVIDERS: Record<string, (world: World, message: string) => Promise<Ask> | Ask> = {
  [`post ${URL}/test`]: () => ({
    url: `${URL}/test`,
    payload: { type: "smtp", host: "127.0.0.1", port: 25, tls: "none", verify: true },
    answers: "unreachable",
  }),
  [`post ${URL}/{id}/test`]: async (world) => ({ url: `${URL}/${await sandboxOf(world)}/test` }),
  [`get ${URL}/health`]: async (world) => {
    const id = await sandboxOf(world);
    const since = "2026-01-01T00:00:00.000Z";
    const reason = { class: "auth", response: MARK } as const;
    const breaker = { kind: "breaker", id, provider: id, owner: "tenant", settings: 0 } as const;
    const state = { state: "open", since, until: since, opens: 1, reason } as const;
    await world.deps.directory.reached(await put(world.deps.nats, "a", { ...breaker, ...state }));
    return { url: `${URL}/health` };
  },
  [`get ${URL}/{id}/stats`]: async (world, message) => ({
    url: `${URL}/${await triedSandboxOf(world, message)}/stats`,
    answers: '"retry":1',
  }),
  [`get ${URL}/{id}/health`]: async (world, message) => ({
    url: `${URL}/${await triedSandboxOf(world, message)}/health`,
  }),
};
