import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { expect, test } from "vitest";

import { freePort } from "./ports.ts";

test("a free port can be listened on", async () => {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(server.address()).toMatchObject({ port });
  server.close();
});

const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
const ephemeral = Number.parseInt(range, 10);

test.skipIf(ephemeral < 20_000)("no outgoing connection is given a free port", async () => {
  expect(await freePort()).toBeLessThan(ephemeral);
});
