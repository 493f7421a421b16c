import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { StartError } from "@waybill/runtime";

/** Where to listen, and the variable that says so. */
export type Place = {
  host: string;
  port: number;
  variable: string;
  /** Other processes that say the same may listen there too; the kernel spreads the connections (SO_REUSEPORT). */
  reusePort?: boolean;
};

function startError({ host, port, variable }: Place, cause: NodeJS.ErrnoException): StartError {
  const hint = `set ${variable} to another port, or to 0 to turn it off`;
  if (cause.code === "EADDRINUSE") {
    return new StartError(`port ${port} on ${host} is taken`, hint, { cause });
  }
  if (cause.code === "EACCES") {
    return new StartError(`port ${port} on ${host} may not be opened by this user`, hint, {
      cause,
    });
  }
  const check = "check that WAYBILL_HOST is an address of this machine";
  return new StartError(`cannot listen on ${host}, port ${port}`, check, { cause });
}

/**
 * Listens; port 0 is any free one.
 * @throws StartError when the port is taken, or not ours to open.
 */
export async function listen(place: Place, onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, onSocket);
  const { host, port, reusePort = false } = place;
  server.listen({ host, port, reusePort, backlog: 1024 });
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    throw startError(place, error as NodeJS.ErrnoException);
  }
}

/** The port a server listens on. */
export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
