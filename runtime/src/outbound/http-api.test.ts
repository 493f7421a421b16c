import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { openHttpApi } from "./http-api.ts";
import { makeOutbound } from "./outbound.ts";

const quiet = { info: () => undefined, warn: () => undefined };

/** A service that takes requests and answers none, and its interface over one connection. */
async function openSilent() {
  const asked: string[] = [];
  const server = createServer(({ url = "" }) => void asked.push(url)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const outbound = makeOutbound({ allow: [], log: quiet });
  const baseUrl = `http://127.0.0.1:${port}`;
  const api = openHttpApi({ baseUrl, concurrency: 1, outbound, isExempt: true });
  const close = () => {
    api.close();
    server.closeAllConnections();
    server.close();
  };
  return { asked, api, [Symbol.dispose]: close };
}

test("of requests that are not waited for, the one that is out is lost, and those behind it are never sent", async () => {
  using silent = await openSilent();
  const { api, asked } = silent;
  const cut = new AbortController();
  const request = { method: "GET", headers: {}, signal: cut.signal } as const;
  const answers = ["/out", "/queued"].map((path) => api.ask({ ...request, path }));
  await vi.waitFor(() => expect(asked).toEqual(["/out"]));
  cut.abort(new Error("the relay was stopped"));
  const why = "the relay was stopped";
  expect(await Promise.all([...answers, api.ask({ ...request, path: "/late" })])).toEqual([
    { kind: "lost", why },
    { kind: "unsent", refused: false, why },
    { kind: "unsent", refused: false, why },
  ]);
  void api.ask({ method: "GET", headers: {}, path: "/next" });
  await vi.waitFor(() => expect(asked).toEqual(["/out", "/next"]));
});
