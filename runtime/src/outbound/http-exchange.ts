import type { Dispatcher } from "undici";
import { OutboundError } from "./outbound-error.ts";

export type HttpRequest = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** After the base URL, with its query. */
  path: string;
  headers: Record<string, string>;
  body?: Buffer | string;
  /** Octets of the reply that are read; 64 KiB by default. */
  longest?: number;
  /** Aborted, with an error that says why, when no reply is waited for any longer. */
  signal?: AbortSignal | undefined;
};

export type HttpReply = {
  kind: "reply";
  status: number;
  /** By names in lower case. */
  headers: Record<string, string>;
  /** UTF-8; what is longer than was asked for is cut. */
  text: string;
};

/**
 * What came of a request. `unsent`: not a byte of it was written, `refused` when the address may not
 * be reached. `lost`: some of it was, and no whole reply came.
 */
export type Answer =
  | HttpReply
  | { kind: "unsent"; refused: boolean; why: string }
  | { kind: "lost"; why: string };

/** Octets of a reply that are read; a service's own are some hundred. */
const LONGEST = 64 * 1024;

const AGENT = "waybill";

const plainHeaders = (headers: Record<string, string | string[] | undefined>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );

/** Gathers a reply, and knows whether the request was begun. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #settle: (answer: Answer) => void;
  readonly #whole: number;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Record<string, string> = {};
  #length = 0;

  #timer: NodeJS.Timeout | undefined;
  readonly #longest: number;
  #cut: Error | undefined;

  constructor(settle: (answer: Answer) => void, whole: number, longest: number) {
    this.#settle = settle;
    this.#whole = whole;
    this.#longest = longest;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#cut !== undefined) return controller.abort(this.#cut);
    this.#controller = controller;
    const late = () => controller.abort(new Error("no whole reply in time"));
    this.#timer = setTimeout(late, this.#whole);
  }

  /** Waits no longer; what is not begun yet is not sent. */
  cut(why: Error): void {
    this.#cut = why;
    if (this.#controller !== undefined) this.#controller.abort(why);
    else this.onResponseError(undefined, why);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#headers = plainHeaders(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#longest - this.#length;
    if (room > 0) this.#chunks.push(chunk.subarray(0, room));
    this.#length += chunk.length;
    if (this.#length <= this.#longest) return;
    this.#reply();
    controller.abort(new Error("the reply is too long"));
  }

  onResponseEnd(): void {
    this.#reply();
  }

  #reply(): void {
    clearTimeout(this.#timer);
    const text = Buffer.concat(this.#chunks).toString("utf8");
    this.#settle({ kind: "reply", status: this.#status, headers: this.#headers, text });
  }

  onResponseError(_: unknown, error: Error): void {
    clearTimeout(this.#timer);
    const why = error.message;
    if (this.#controller !== undefined) this.#settle({ kind: "lost", why });
    else this.#settle({ kind: "unsent", refused: isRefusal(error), why });
  }
}

const isRefusal = (error: Error): boolean =>
  error instanceof OutboundError && error.kind === "refused";

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error("it was aborted");

/** Sends one request over an open pool. @param whole milliseconds from its first byte to the end of the reply */
export async function exchange(
  pool: Dispatcher,
  { method, path, headers, body, longest = LONGEST, signal }: HttpRequest,
  whole: number,
): Promise<Answer> {
  if (signal?.aborted === true)
    return { kind: "unsent", refused: false, why: reasonOf(signal).message };
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const all = { "user-agent": AGENT, ...headers };
  const request = { method, path, headers: all, body: body ?? null };
  const one = new Exchange(resolve, whole, longest);
  const cut = () => signal && one.cut(reasonOf(signal));
  signal?.addEventListener("abort", cut);
  pool.dispatch(request, one);
  return promise.finally(() => signal?.removeEventListener("abort", cut));
}
