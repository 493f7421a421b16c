import { randomToken } from "@waybill/runtime";
import { jsonOf } from "../testing/answer.ts";
import type { World } from "../testing/world.ts";
import { CHAIN } from "./chain.ts";
import { DKIM } from "./dkim.ts";
import { ERASURES } from "./erasures.ts";
import { METRICS } from "./metrics.ts";
import { LIMITS } from "./limits.ts";
import { PEOPLE } from "./people.ts";
import { MARK } from "./proof.ts";
import { PROVIDERS } from "./providers.ts";
import { ROUTING } from "./routing.ts";
import { markedAddress, SUPPRESSIONS } from "./suppressions.ts";
import { USER_SMTP } from "./user-smtp.ts";

/** A request for what is tenant a's; made anew for each use, because some use it up. */
export type Ask = {
  url: string;
  payload?: object | string;
  /** Of a body that is not JSON. */
  type?: string;
  /** What the answer has in it, when nothing of it is a's alone. */
  answers?: string;
  /** What it is answered with when doing it would end the caller's own session, or reach outside. */
  status?: number;
  /** Done to what only the platform has, whatever the permission. */
  isThePlatforms?: boolean;
};
type Sample = (world: World, message: string) => Promise<Ask> | Ask;

const V1 = "/api/v1";

async function idOfNew(world: World, url: string, payload: object): Promise<string> {
  const answer = await world.as("a", { method: "POST", url, payload });
  return jsonOf<{ id: string }>(answer, 201).id;
}

/** The five routes of a resource; `fresh` gives the body that makes one. */
function ofResource(path: string, fresh: () => object, patch: object): Record<string, Sample> {
  const url = `${V1}/${path}`;
  const one = async (world: World) => `${url}/${await idOfNew(world, url, fresh())}`;
  return {
    [`get ${url}`]: async (world) => (await one(world), { url }),
    [`post ${url}`]: () => ({ url, payload: fresh() }),
    [`get ${url}/{id}`]: async (world) => ({ url: await one(world) }),
    [`patch ${url}/{id}`]: async (world) => ({ url: await one(world), payload: patch }),
    [`delete ${url}/{id}`]: async (world) => ({ url: await one(world) }),
  };
}

const get =
  (url: string): Sample =>
  () => ({ url: V1 + url });
const ofMessage =
  (part: string): Sample =>
  (_, message) => ({ url: `${V1}/messages/${message}${part}` });
const named = () => ({ name: MARK });
const domain = () => ({ domain: `d${randomToken(6).replaceAll(/[_-]/g, "x")}.${MARK}.test` });

const dkimKey = () => ({ ...domain(), algorithm: "ed25519" });

/** DNS has the record from now on. */
const verify: Sample = async (world) => {
  const request = { method: "POST", url: `${V1}/domains`, payload: domain() } as const;
  type Made = { id: string; record: { value: string } };
  const { id, record } = jsonOf<Made>(await world.as("a", request), 201);
  world.deps.lookUpTxt = async () => [record.value];
  return { url: `${V1}/domains/${id}/verify` };
};
const LOGIN = { username: MARK, password: MARK };
const provider = () => ({ type: "smtp", name: MARK, host: "mail.example.com", auth: LOGIN });

/** How each route that needs a caller is asked for what is tenant a's. A route without a line fails the proof. */
export const SAMPLES: Record<string, Sample> = {
  [`get ${V1}/messages`]: get("/messages?recipient=bob@x.test"),
  [`get ${V1}/messages/{id}`]: ofMessage(""),
  [`get ${V1}/messages/{id}/events`]: ofMessage("/events"),
  [`get ${V1}/messages/{id}/raw`]: ofMessage("/raw"),
  [`get ${V1}/audit/events`]: get("/audit/events"),
  ...CHAIN,
  [`get ${V1}/activity`]: get("/activity"),
  [`get ${V1}/state`]: async (world) => {
    await idOfNew(world, `${V1}/api-keys`, named());
    return { url: `${V1}/state` };
  },
  [`get ${V1}/dead-letters`]: get("/dead-letters"),
  [`post ${V1}/dead-letters/reprocess`]: (_, message) => ({
    url: `${V1}/dead-letters/reprocess`,
    payload: { ids: [message], dryRun: true },
  }),
  [`get ${V1}/auth/me`]: get("/auth/me"),
  [`post ${V1}/auth/switch-tenant`]: () => ({
    url: `${V1}/auth/switch-tenant`,
    payload: { tenant: "a" },
  }),
  [`post ${V1}/auth/password`]: () => ({
    url: `${V1}/auth/password`,
    payload: { current: "not the password", new: "another long password" },
    status: 422,
  }),
  ...ofResource("api-keys", named, named()),
  ...ofResource("smtp-credentials", named, named()),
  ...PEOPLE,
  ...ofResource("domains", domain, {}),
  [`post ${V1}/domains/{id}/verify`]: verify,
  ...ofResource("dkim-keys", dkimKey, {}),
  ...DKIM,
  ...METRICS,
  ...ofResource("providers", provider, named()),
  [`get ${V1}/providers/presets`]: () => ({ url: `${V1}/providers/presets`, answers: "gmail" }),
  ...PROVIDERS,
  ...LIMITS,
  ...ofResource("routing-rules", () => ({ name: MARK, then: { type: "sandbox" } }), named()),
  ...ROUTING,
  ...ofResource("hooks", () => ({ type: "generic", name: MARK }), named()),
  ...ofResource("suppressions", markedAddress, { reason: "complaint" }),
  ...SUPPRESSIONS,
  ...ERASURES,
  ...USER_SMTP,
};
