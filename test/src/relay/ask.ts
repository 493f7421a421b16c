import type { Relay } from "./relay.ts";

/** Commands the API, and wants success; the answer's JSON. */
export async function ask<T>(
  relay: Relay,
  method: "POST" | "PATCH",
  path: string,
  body: object,
): Promise<T> {
  const headers = { "content-type": "application/json" };
  const answer = await relay.api(path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
