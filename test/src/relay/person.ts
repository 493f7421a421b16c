import { ask } from "./ask.ts";
import type { Relay } from "./relay.ts";

type Member = { id: string; password: string };
type Login = { username: string; password: string };

/** Somebody in the first tenant who logged in, with an SMTP credential of theirs. */
export type Person = {
  id: string;
  login: Login;
  /** Asks the API as them; what every answer said is kept. */
  api(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<Response>;
  readonly answers: string[];
};

export async function makePerson(relay: Relay, email: string): Promise<Person> {
  const { tenant } = relay.credentials;
  const of = `/api/v1/tenants/${tenant}/members`;
  const { id, password } = await ask<Member>(relay, "POST", of, { email, role: "member" });
  const login = await ask<Login>(relay, "POST", "/api/v1/smtp-credentials", {
    name: email,
    user: id,
  });
  const who = { email, password, tenant };
  const { accessToken } = await ask<{ accessToken: string }>(
    relay,
    "POST",
    "/api/v1/auth/login",
    who,
  );
  const answers: string[] = [];
  const api: Person["api"] = async (method, path, body) => {
    const headers = {
      authorization: `Bearer ${accessToken}`,
      ...(body && { "content-type": "application/json" }),
    };
    const answer = await relay.api(path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    answers.push(await answer.clone().text());
    return answer;
  };
  return { id, login, api, answers };
}
