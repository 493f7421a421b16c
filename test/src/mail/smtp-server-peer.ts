import { once } from "node:events";
import type { Server } from "node:net";
import type { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";

/** Listens on a free loopback port until the test is over; returns the port. */
export async function listen(server: Server | SMTPServer): Promise<number> {
  const tcp = "server" in server ? server.server : server;
  server.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  onTestFinished(() => void server.close(() => undefined));
  const address = tcp.address();
  if (!address || typeof address === "string") throw new Error("not listening on TCP");
  return address.port;
}
