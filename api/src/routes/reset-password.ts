import type { User } from "@waybill/schemas";
import { z } from "zod";
import type { App, Deps } from "../deps.ts";
import { changeOf } from "../resource/commands.ts";
import { answer, askedOf, Headers, Id, idOf, saidIn } from "../resource/request.ts";
import type { Resource } from "../resource/resource.ts";
import { MadeUser, newPassword, users } from "../resources/users.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const schema = {
  summary: "Give a user a new password, and end their sessions",
  tags: [users.tag],
  params: z.strictObject({ id: Id }),
  headers: Headers,
  response: {
    200: json("The user, with the password", MadeUser),
    ...problems("not_found", "conflict", "unauthenticated", "forbidden", "unavailable"),
  },
};

/** A user whose change is a new password. */
const withPassword: Resource<User> = {
  ...users,
  change: async (user, _patch, { deps }) => {
    const { password, passwordHash } = await newPassword();
    const tokensFrom = deps.now().toISOString();
    return { entity: { ...user, passwordHash, tokensFrom }, once: { password } };
  },
};

/** `POST /users/{id}/password` */
export function resetPasswordRoute(app: App, deps: Deps): void {
  const config = { may: users.write };
  app.post("/users/:id/password", { schema, config }, async (request, reply) => {
    const { ifMatch, reason = "a new password" } = saidIn(request);
    const asked = askedOf(deps, request);
    const said = { ifMatch, reason };
    return answer(reply, 200, await changeOf(withPassword, asked, idOf(request), {}, said));
  });
}
