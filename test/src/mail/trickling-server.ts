import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Where it never comes to an end, though it is never silent for long. */
export type Trickle = "greeted" | "reading" | "answering";

/** Milliseconds between two signs of life. */
const EACH = 50;

/** Says for ever that more is to come. */
async function goOn(socket: Socket): Promise<void> {
  for (; !socket.destroyed; await sleep(EACH)) socket.write("250-wait\r\n");
}

/** Reads a little now and then. */
async function readSlowly(socket: Socket): Promise<void> {
  for (; !socket.destroyed; await sleep(EACH)) socket.once("data", () => socket.pause()).resume();
}

async function serve(socket: Socket, trickle: Trickle): Promise<void> {
  socket.setEncoding("latin1").on("error", () => undefined);
  socket.write("220 slow.test ESMTP\r\n");
  let rest = "";
  let isData = false;
  for (;;) {
    const [text] = (await once(socket, "data")) as [string];
    rest += text;
    const end = isData ? "\r\n.\r\n" : "\r\n";
    if (!rest.includes(end)) continue;
    if (isData) return goOn(socket);
    const line = rest.slice(0, rest.indexOf(end));
    rest = rest.slice(line.length + end.length);
    if (trickle === "greeted") return goOn(socket);
    isData = line === "DATA";
    socket.write(isData ? "354 go on\r\n" : "250 ok\r\n");
    if (isData && trickle === "reading") return readSlowly(socket);
  }
}

/** A server that takes part in a session up to a place, and has it last for ever there. */
export async function startTricklingServer(trickle: Trickle) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void serve(socket, trickle).catch(() => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, stop };
}
