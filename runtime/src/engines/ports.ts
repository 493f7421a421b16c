import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

const LOWEST = 10_000;
const ATTEMPTS = 50;
const ANY = 0;

/**
 * A loopback port nobody listens on. It lies below the range the kernel gives to outgoing
 * connections: a client that keeps trying to reach a dead engine could otherwise be given the
 * engine's own port, connect to itself, and keep the engine from coming back.
 */
export async function freePort(): Promise<number> {
  const size = (await firstEphemeralPort()) - LOWEST;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const candidate = LOWEST + Math.floor(Math.random() * size);
    const port = await tryListen(candidate).catch(() => 0);
    if (port !== 0) return port;
  }
  return tryListen(ANY);
}

async function firstEphemeralPort(): Promise<number> {
  const range = "/proc/sys/net/ipv4/ip_local_port_range";
  return Number.parseInt(await readFile(range, "utf8").catch(() => "32768"), 10);
}

async function tryListen(port: number): Promise<number> {
  const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
