import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that the kernel gives to outgoing connections. */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/** Nobody need listen on them yet. */
const given = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  const listening = await once(server, "listening").then(
    () => true,
    () => false,
  );
  server.close();
  return listening;
}

/**
 * A port of loopback nobody listens on, given once. A client that keeps trying a dead port out of the kernel's
 * own range can be given that very port, connect to itself, and keep the server from coming back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}
