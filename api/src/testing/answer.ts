import type { LightMyRequestResponse } from "fastify";

/** The JSON of an answer. @throws Error with what it is instead, when its status is another one */
export function jsonOf<T>(answer: LightMyRequestResponse, status = 200): T {
  if (answer.statusCode !== status) throw new Error(`${answer.statusCode}: ${answer.body}`);
  return answer.json<T>();
}
