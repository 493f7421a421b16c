import type { Relay } from "../relay/relay.ts";
import { checkAnswer } from "./document.ts";

/** An answer of the API; it is what the document says of its route. */
type Answer<T> = { status: number; body: T };

/** Somebody who asks the API of a relay, with a key, an access token, or nothing. */
export class Caller {
  readonly #relay: Relay;
  readonly #token: string;

  constructor(relay: Relay, token = "") {
    this.#relay = relay;
    this.#token = token;
  }

  /** Asks `/api/v1` and what follows; rejects when the answer is not one that the document has. */
  async ask<T = unknown>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const url = `/api/v1${path}`;
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body && { "content-type": "application/json" }),
    };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await this.#relay.api(url, init);
    const text = await answer.text();
    const said = {
      status: answer.status,
      type: (answer.headers.get("content-type") ?? "").replace(/;.*/, ""),
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
    };
    checkAnswer(method, url.replace(/\?.*/, ""), said);
    return { status: said.status, body: said.body as T };
  }

  /** Asks, and wants that status; the answer's JSON. */
  async want<T = unknown>(status: number, method: string, path: string, body?: object): Promise<T> {
    const answer = await this.ask<T>(method, path, body);
    if (answer.status === status) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** The code of the error that it is answered with. */
  async refusal(method: string, path: string, body?: object): Promise<string> {
    const { status, body: problem } = await this.ask<{ code?: string }>(method, path, body);
    return `${status} ${problem?.code ?? ""}`;
  }
}
