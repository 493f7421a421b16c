import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Milliseconds for one address of several of a family; of two families the default is a fraction. */
const ATTEMPT = 5000;

const ofFamily = (address: string) => ({ address, family: isIP(address) });

/** Resolves with the socket at its event. @throws what ended it first, the signal included */
async function opened(socket: Socket, event: string, signal: AbortSignal): Promise<Socket> {
  // Between this and the next owner's listeners nothing may be thrown for want of one.
  socket.on("error", () => undefined);
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A TCP connection to the first of these addresses that takes one (RFC 8305); no name is looked up. */
export function openSocket(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const all = addresses.map(ofFamily);
  const isOneFamily = new Set(all.map(({ family }) => family)).size === 1;
  const socket = connect({
    host: "checked",
    port,
    noDelay: true,
    autoSelectFamily: true,
    ...(isOneFamily ? { autoSelectFamilyAttemptTimeout: ATTEMPT } : {}),
    lookup: (_name, _options, done) => setImmediate(() => done(null, all)),
  });
  return opened(socket, "connect", signal);
}

/** TLS over that connection; the name is announced (RFC 6066), and verified if asked. */
export function secured(
  socket: Socket,
  host: string,
  { verify }: { verify: boolean },
  signal: AbortSignal,
): Promise<Socket> {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const secure = connectTls({ socket, host, ...servername, rejectUnauthorized: verify });
  return opened(secure, "secureConnect", signal);
}
