import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

export type TestSmtpServer = AsyncDisposable & { port: number };

const REPLIES: Record<string, string> = {
  EHLO: "250-smtp.test\r\n250 AUTH PLAIN XOAUTH2",
  QUIT: "221 2.0.0 bye",
};

/** An SMTP server on loopback that takes one login, by its password or with it as a token, and no mail. */
export async function startSmtpServer(
  login: { username: string; password: string },
  address = "127.0.0.1",
): Promise<TestSmtpServer> {
  const sockets = new Set<Socket>();
  const { username, password } = login;
  const plain = Buffer.from(`\0${username}\0${password}`).toString("base64");
  const bearer = Buffer.from(`user=${username}\x01auth=Bearer ${password}\x01\x01`);
  const taken = [`AUTH PLAIN ${plain}`, `AUTH XOAUTH2 ${bearer.toString("base64")}`];
  const answer = (line: string) => {
    if (taken.includes(line)) return "235 2.7.0 welcome";
    return REPLIES[line.slice(0, 4)] ?? "535 5.7.8 no such login";
  };
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.write("220 smtp.test\r\n");
    socket.on("data", (data) => {
      socket.write(`${answer(String(data).trim())}\r\n`);
    });
  });
  server.listen(0, address);
  await once(server, "listening");
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: close };
}
