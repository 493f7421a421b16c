import { newMessageId as newId, randomToken } from "@waybill/runtime";
import type { App, Deps } from "../deps.ts";
import {
  ApiKeyPage,
  ApiKeyView,
  ById,
  MadeApiKey,
  NewApiKey,
  Paging,
  Revoked,
} from "../shapes/machine-secret.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { addSecret, listSecrets, readSecret, revokeSecret } from "./machine-secrets.ts";

const KIND = "apikey";
const tags = ["keys"];
const admin = { config: { scope: "admin" } } as const;
const refusals = ["unauthenticated", "forbidden", "unavailable"] as const;

const list = {
  summary: "The tenant's API keys, by id, the newest first",
  tags,
  querystring: Paging,
  response: {
    200: json("A page of keys", ApiKeyPage),
    ...problems("invalid_request", "bad_cursor", ...refusals),
  },
};
const read = {
  summary: "An API key, without the key itself",
  tags,
  params: ById,
  response: { 200: json("The key", ApiKeyView), ...problems("not_found", ...refusals) },
};
const make = {
  summary: "Make an API key",
  description: "The key is in the answer to this request and nowhere else.",
  tags,
  body: NewApiKey,
  response: { 201: json("The key was made", MadeApiKey), ...problems(...BODY, ...refusals) },
};
const revoke = {
  summary: "Revoke an API key, at once and everywhere",
  tags,
  params: ById,
  response: {
    204: Revoked,
    ...problems("not_found", "conflict", ...refusals),
  },
};

/** API keys: list, make, read, revoke. */
export function apiKeyRoutes(app: App, deps: Deps): void {
  app.get("/api-keys", { schema: list, ...admin }, async ({ caller, query }) =>
    listSecrets(deps, caller, KIND, query),
  );
  app.get("/api-keys/:id", { schema: read, ...admin }, async ({ caller, params }) =>
    readSecret(deps, caller, KIND, params.id),
  );
  app.post("/api-keys", { schema: make, ...admin }, async ({ caller, body }, reply) => {
    const id = newId();
    const key = `wb_live_${id}_${randomToken(24)}`;
    const hash = deps.secrets.hash(key);
    const entity = { kind: KIND, id, hash, createdAt: deps.now().toISOString(), ...body } as const;
    return reply.code(201).send({ ...(await addSecret(deps, caller, entity)), key });
  });
  app.delete("/api-keys/:id", { schema: revoke, ...admin }, async ({ caller, params }, reply) => {
    await revokeSecret(deps, caller, KIND, params.id);
    return reply.code(204).send(null);
  });
}
