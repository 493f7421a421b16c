import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A server that resets every connection before TLS is there, so that no request is ever begun. */
export async function startResetter(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((socket) => void socket.resetAndDestroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    await once(server, "close");
  };
  return { url: `https://127.0.0.1:${port}`, close };
}
