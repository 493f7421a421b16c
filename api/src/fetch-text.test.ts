import { makeOutbound } from "@waybill/runtime/outbound";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { textFetcher } from "./fetch-text.ts";
import { silent } from "./testing/engines.ts";

let server: Server;
let base: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer(({ url = "" }, reply) => {
    asked.push(url);
    if (url.startsWith("/moved")) reply.writeHead(302, { location: "/text" }).end();
    else if (url === "/broken") reply.writeHead(500).end("broken");
    else reply.end("a text");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const fetchText = (allow: string[]) => textFetcher(makeOutbound({ allow, log: silent }));

it("gets a text, query and all", async () => {
  expect(await fetchText(["127.0.0.0/8"])(`${base}/text?a=1`)).toBe("a text");
  expect(asked).toContain("/text?a=1");
});

it.each(["/moved", "/broken"])("takes nothing but a 200, and follows nothing: %s", async (path) => {
  asked.length = 0;
  const got = fetchText(["127.0.0.0/8"])(base + path);
  await expect(got).rejects.toMatchObject({ code: "unavailable" });
  expect(asked).toEqual([path]);
});

it("reaches no address that is not public", async () => {
  asked.length = 0;
  await expect(fetchText([])(`${base}/text`)).rejects.toMatchObject({ code: "unavailable" });
  expect(asked).toEqual([]);
});
