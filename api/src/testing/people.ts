import { followDirectory } from "@waybill/runtime";
import { PLATFORM, type Role, type User } from "@waybill/schemas";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { scryptSync } from "node:crypto";
import { buildApp } from "../app.ts";
import type { App } from "../deps.ts";
import { jsonOf } from "./answer.ts";
import { put, type World } from "./world.ts";

/** The password of everybody, hashed at a low cost: tests log in a hundred times. */
export const PASSWORD = "correct horse battery";
const salt = Buffer.alloc(16, 1);
const hashed = scryptSync(PASSWORD, salt, 32, { N: 1024, r: 8, p: 1 });
const passwordHash = `scrypt$1024$8$1$${salt.toString("base64url")}$${hashed.toString("base64url")}`;

export const emailOf = (id: string): string => `${id}@x.test`;

/** Makes a user, or changes one. */
export async function putUser({ deps }: World, id: string, more: Partial<User> = {}) {
  const user = { kind: "user", id, email: emailOf(id), role: "user", passwordHash } as const;
  await deps.directory.reached(await put(deps.nats, PLATFORM, { ...user, ...more }));
}

/** Gives a user a place in a tenant, or another role there. */
export async function putMember({ deps }: World, tenant: string, id: string, role: Role) {
  await deps.directory.reached(await put(deps.nats, tenant, { kind: "member", id, role }));
}

/** What a login is answered with. */
export type Tokens = {
  accessToken: string;
  expiresIn: number;
  refreshToken: string;
  tenant: string;
  role: string;
  user: { id: string; email: string };
};

/** An app with its requests about sessions; of the world, or of another process. */
export const sessionsOf = (app: App) => {
  const post = (route: string, payload: object, headers = {}) =>
    app.inject({ method: "POST", url: `/api/v1/auth/${route}`, payload, headers });
  const bearing = (token: string, request: InjectOptions) =>
    app.inject({ ...request, headers: { authorization: `Bearer ${token}` } });
  const tryLogin = (id: string, more: object = {}, remoteAddress = "192.0.2.1") => {
    const payload = { email: emailOf(id), password: PASSWORD, ...more };
    return app.inject({ method: "POST", url: "/api/v1/auth/login", payload, remoteAddress });
  };
  return {
    tryLogin,
    logIn: async (id: string, more: object = {}) => jsonOf<Tokens>(await tryLogin(id, more)),
    refresh: (refreshToken: string) => post("refresh", { refreshToken }),
    logOut: (refreshToken: string) => post("logout", { refreshToken }),
    change: (token: string, route: string, payload: object): Promise<LightMyRequestResponse> =>
      bearing(token, { method: "POST", url: `/api/v1/auth/${route}`, payload }),
    get: (token: string, url: string) => bearing(token, { url }),
    me: (token: string) => bearing(token, { url: "/api/v1/auth/me" }),
  };
};

/** The API as another process runs it: the same log, a directory of its own. */
export async function startSecond({ deps }: World): Promise<AsyncDisposable & { app: App }> {
  const directory = await followDirectory(deps.nats);
  const app = await buildApp({ ...deps, directory });
  const close = async () => {
    await app.close();
    await directory.stop();
  };
  return { app, [Symbol.asyncDispose]: close };
}
