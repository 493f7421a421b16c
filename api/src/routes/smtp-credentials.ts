import { newMessageId as newId, randomToken } from "@waybill/runtime";
import type { App, Deps } from "../deps.ts";
import {
  ById,
  CredentialPage,
  CredentialView,
  MadeCredential,
  NewCredential,
  Paging,
  Revoked,
} from "../shapes/machine-secret.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { addSecret, listSecrets, readSecret, revokeSecret } from "./machine-secrets.ts";

const KIND = "credential";
const tags = ["SMTP credentials"];
const admin = { config: { scope: "admin" } } as const;
const refusals = ["unauthenticated", "forbidden", "unavailable"] as const;

const list = {
  summary: "The tenant's SMTP credentials, by id, the newest first",
  tags,
  querystring: Paging,
  response: {
    200: json("A page of credentials", CredentialPage),
    ...problems("invalid_request", "bad_cursor", ...refusals),
  },
};
const read = {
  summary: "An SMTP credential, without its password",
  tags,
  params: ById,
  response: {
    200: json("The credential", CredentialView),
    ...problems("not_found", ...refusals),
  },
};
const make = {
  summary: "Make an SMTP credential",
  description:
    "The username is the relay's, so that no other tenant can have it. The password is in the " +
    "answer to this request and nowhere else.",
  tags,
  body: NewCredential,
  response: {
    201: json("The credential was made", MadeCredential),
    ...problems(...BODY, ...refusals),
  },
};
const revoke = {
  summary: "Revoke an SMTP credential, at once and everywhere",
  description: "The next MAIL of a session that is open with it is refused.",
  tags,
  params: ById,
  response: {
    204: Revoked,
    ...problems("not_found", "conflict", ...refusals),
  },
};

/** SMTP credentials: list, make, read, revoke. */
export function smtpCredentialRoutes(app: App, deps: Deps): void {
  app.get("/smtp-credentials", { schema: list, ...admin }, async ({ caller, query }) =>
    listSecrets(deps, caller, KIND, query),
  );
  app.get("/smtp-credentials/:id", { schema: read, ...admin }, async ({ caller, params }) =>
    readSecret(deps, caller, KIND, params.id),
  );
  app.post("/smtp-credentials", { schema: make, ...admin }, async ({ caller, body }, reply) => {
    const id = newId();
    const password = `wb_live_${randomToken(24)}`;
    const made = { username: id, hash: deps.secrets.hash(password) };
    const createdAt = deps.now().toISOString();
    const entity = { kind: KIND, id, ...made, createdAt, ...body } as const;
    return reply.code(201).send({ ...(await addSecret(deps, caller, entity)), password });
  });
  app.delete(
    "/smtp-credentials/:id",
    { schema: revoke, ...admin },
    async ({ caller, params }, reply) => {
      await revokeSecret(deps, caller, KIND, params.id);
      return reply.code(204).send(null);
    },
  );
}
