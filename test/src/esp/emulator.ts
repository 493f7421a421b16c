import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A request as it came, with its whole body. */
export type Asked = {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
};

/** What an emulated service answers; `json` is sent as such. */
export type Said = {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
};

/** What goes wrong with the next request, once. */
export type Fault =
  | { kind: "answer"; said: Said }
  /** Nothing is read of it, and nothing answered. */
  | { kind: "hang-before-body" }
  /** It is read, and nothing answered. */
  | { kind: "hang-after-body" }
  /** The connection is reset: before anything is read, in the middle of its body, after it. */
  | { kind: "reset"; when: "before" | "during" | "after" }
  /** The service does what it should, and the connection is reset in the middle of its reply. */
  | { kind: "reset-in-reply" }
  /** Nothing: it is one after this that fails. */
  | { kind: "none" };

export type Emulator = {
  url: string;
  /** Requests that were read to their end, in their order. */
  asked: Asked[];
  /** Lets the next requests fail, one fault each, in this order. */
  fail(...faults: Fault[]): void;
  close(): Promise<void>;
};

type Options = {
  /** TLS with this certificate. */
  tls?: { key: string; cert: string };
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();

function answer(response: ServerResponse, { status, headers = {}, json, text = "" }: Said): void {
  const type = json === undefined ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...type, ...headers });
  response.end(json === undefined ? text : JSON.stringify(json));
}

function answerInPart(response: ServerResponse, { status }: Said): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": 1000 });
  response.write("{", () => setImmediate(() => reset(response)));
}

/** Whether a fault let the request come to nothing before it was read. */
async function failedEarly(
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (fault?.kind === "hang-before-body") return true;
  if (fault?.kind !== "reset" || fault.when === "after") return false;
  if (fault.when === "during") await once(request, "data");
  reset(response);
  return true;
}

/** Starts an emulated service on loopback. @param handle what it does with a request that came whole */
export async function startEmulator(
  handle: (asked: Asked) => Said | Promise<Said>,
  { tls }: Options = {},
): Promise<Emulator> {
  const asked: Asked[] = [];
  const faults: Fault[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const fault = faults.shift();
    if (await failedEarly(fault, request, response)) return;
    const { method = "", url: path = "", headers } = request;
    const whole = { method, path, headers, body: await bodyOf(request) };
    asked.push(whole);
    if (fault?.kind === "hang-after-body") return;
    if (fault?.kind === "reset") return reset(response);
    const said = fault?.kind === "answer" ? fault.said : await handle(whole);
    if (fault?.kind === "reset-in-reply") answerInPart(response, said);
    else answer(response, said);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void serve(request, response).catch(() => reset(response));
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://${tls === undefined ? "127.0.0.1" : "localhost"}:${port}`,
    asked,
    fail: (...more) => void faults.push(...more),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
