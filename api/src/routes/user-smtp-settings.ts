import type { UserSmtp } from "@waybill/schemas";
import type { Caller } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { personOf } from "../person-of.ts";
import { keep } from "../resource/keep.ts";
import { Headers, saidIn } from "../resource/request.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import {
  UserSmtpRemoved,
  UserSmtpSaved,
  UserSmtpServer,
  UserSmtpSettings,
} from "../shapes/user-smtp.ts";
import { isSecure } from "../user-smtp.ts";

const REFUSED = ["unauthenticated", "forbidden", "unavailable"] as const;
const tags = ["smtp"];
const headers = Headers.omit({ "if-match": true });

const read = {
  summary: "One's own SMTP server, without its password",
  tags,
  response: { 200: json("The settings", UserSmtpSettings), ...problems(...REFUSED) },
};

const save = {
  summary: "Set one's own SMTP server",
  description: "Mail of one's SMTP credentials goes there from the next one on.",
  tags,
  headers,
  body: UserSmtpServer,
  response: {
    200: json("They are saved", UserSmtpSaved),
    ...problems(...BODY, "invalid_request", "conflict", ...REFUSED),
  },
};

const remove = {
  summary: "Remove one's own SMTP server",
  tags,
  headers,
  response: {
    200: json("There are none, or none any more", UserSmtpRemoved),
    ...problems("invalid_request", "conflict", ...REFUSED),
  },
};

type Person = Caller & { user: string };

const NONE = { host: null, port: null, secure: null, user: null };

function settingsOf({ directory }: Deps, { tenant, user }: Person) {
  const own = directory.find(tenant, "usersmtp", user)?.entity;
  if (own === undefined) return { ...NONE, hasPassword: false, isGlobal: true };
  const { host, port, secure, user: login } = own;
  return { host, port, secure, user: login, hasPassword: true, isGlobal: false };
}

const changeOf = ({ directory }: Deps, { tenant, user: id }: Person) => {
  const kind = "usersmtp" as const;
  return { tenant, kind, id, after: directory.lastSeq(tenant, kind, id) };
};

async function entityOf(deps: Deps, by: Person, body: UserSmtpServer): Promise<UserSmtp> {
  const { pass, ...server } = body;
  return {
    kind: "usersmtp",
    id: by.user,
    ...server,
    secure: isSecure(body),
    sealedPassword: await deps.vault.seal(by.tenant, pass),
    updatedAt: deps.now().toISOString(),
    updatedBy: by.user,
  };
}

async function saveSettings(deps: Deps, by: Person, body: UserSmtpServer, reason = "saved") {
  const change = changeOf(deps, by);
  const entity = await entityOf(deps, by, body);
  await keep(deps, by, { ...change, entity, reason });
  const { host, port, secure, user, updatedAt, updatedBy } = entity;
  const settings = { host, port, secure, user, updatedAt, updatedBy };
  return { message: "SMTP settings saved successfully", settings } as const;
}

async function removeSettings(deps: Deps, by: Person, reason = "removed") {
  const isThere = deps.directory.find(by.tenant, "usersmtp", by.user) !== undefined;
  if (isThere) await keep(deps, by, { ...changeOf(deps, by), entity: null, reason });
  return { message: "SMTP settings removed. System will use global SMTP settings." } as const;
}

/** `GET`, `POST` and `DELETE /api/smtp/settings` */
export function userSmtpSettingsRoutes(app: App, deps: Deps): void {
  const config = { may: "settings:own" } as const;
  const url = "/smtp/settings";
  app.get(url, { schema: read, config }, async ({ caller }) => settingsOf(deps, personOf(caller)));
  app.post(url, { schema: save, config }, (request) =>
    saveSettings(deps, personOf(request.caller), request.body, saidIn(request).reason),
  );
  app.delete(url, { schema: remove, config }, (request) =>
    removeSettings(deps, personOf(request.caller), saidIn(request).reason),
  );
}
