import { newMessageId } from "@waybill/runtime";
import { put, type World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: object; answers?: string; status?: number };

const URL = "/api/smtp";
const OWNER = `owner-${MARK}`;
const server = () => ({ host: `mail.${MARK}.test`, port: 587, user: MARK, pass: MARK });

/** What the owner of a would find. */
async function saved({ deps }: World): Promise<void> {
  const { pass, ...place } = server();
  const sealedPassword = await deps.vault.seal("a", pass);
  const at = { updatedAt: new Date().toISOString(), updatedBy: OWNER };
  const entity = { kind: "usersmtp", id: OWNER, ...place, secure: false, sealedPassword } as const;
  await deps.directory.reached(await put(deps.nats, "a", { ...entity, ...at }));
}

/** An attempt by that server. */
async function tried(world: World): Promise<void> {
  await world.engines.owner.query(
    `INSERT INTO attempts (tenant, seq, message_id, attempt, provider, kind, status, recipients,
       duration_ms, response, at, class)
     SELECT 'a', max(seq) + 1, $1, 1, $2, 'smtp', 'failed', '{}', 1, $3, now(), 'retry'
     FROM attempts WHERE tenant = 'a'`,
    [newMessageId(), `user:${OWNER}`, MARK],
  );
}

/** How a person of tenant a asks for their own SMTP settings. */
export const USER_SMTP: Record<string, (world: World) => Promise<Ask> | Ask> = {
  [`get ${URL}/settings`]: async (world) => (await saved(world), { url: `${URL}/settings` }),
  [`post ${URL}/settings`]: () => ({ url: `${URL}/settings`, payload: server() }),
  [`delete ${URL}/settings`]: () => ({ url: `${URL}/settings`, answers: "SMTP settings removed" }),
  [`post ${URL}/test`]: () => ({
    url: `${URL}/test`,
    payload: { ...server(), host: "127.0.0.1" },
    status: 400,
  }),
  [`get ${URL}/usage`]: () => ({ url: `${URL}/usage` }),
  [`get ${URL}/health`]: async (world) => (await tried(world), { url: `${URL}/health` }),
};
