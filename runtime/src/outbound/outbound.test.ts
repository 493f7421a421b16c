import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Logger } from "../logger.ts";
import type { Lookup } from "./lookup.ts";
import { NOT_REACHED, type OutboundError } from "./outbound-error.ts";
import { type Destination, makeOutbound } from "./outbound.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];
type Told = (fields: { host: string; why: string }, message: string) => void;
const log = { info: vi.fn<Told>(), warn: vi.fn<Told>() };
const logger = log as unknown as Logger;
const sockets: Socket[] = [];
let server: Server;
let port: number;
let connections: number;

beforeEach(async () => {
  connections = 0;
  server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    socket.write("hello\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  vi.clearAllMocks();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

const answers =
  (...answered: string[][]) =>
  async () =>
    answered.length > 1 ? (answered.shift() ?? []) : (answered[0] ?? []);

type Setting = { allow?: string[]; lookup?: (name: string) => Promise<string[]> };

async function reach(host: string, { allow = [], lookup }: Setting = {}, to = {}) {
  const guard = makeOutbound({ allow, log: logger, ...(lookup === undefined ? {} : { lookup }) });
  const signal = AbortSignal.timeout(10_000);
  const destination: Destination = { host, port, signal, ...to };
  const socket = await guard.connect(destination);
  sockets.push(socket);
  return socket;
}

const failure = (reaching: Promise<unknown>): Promise<OutboundError> =>
  reaching.then(
    () => {
      throw new Error("it was reached");
    },
    (error: OutboundError) => error,
  );

describe("the guard", () => {
  test.each([
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "[::1]",
    "127.0.0.1.",
    "localhost",
    "localhost.",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
  ])("refuses %s, and does not connect", async (host) => {
    expect(await failure(reach(host))).toMatchObject({ kind: "refused", message: NOT_REACHED });
    expect(connections).toBe(0);
  });

  test.each(["127.0.0.1", "127.1", "localhost", "2130706433", "::ffff:127.0.0.1"])(
    "connects to %s when the operator allows its block",
    async (host) => {
      const socket = await reach(host, { allow: LOOPBACK });
      expect(String((await once(socket, "data"))[0])).toBe("hello\n");
    },
  );

  test("refuses a name by its address", async () => {
    const lookup = answers(["169.254.169.254"]);
    expect(await failure(reach("inside.test", { lookup }))).toMatchObject({ kind: "refused" });
  });

  test("connects to those addresses of a name that are allowed, and to no other", async () => {
    const lookup = answers(["::1", "10.0.0.1", "127.0.0.1"]);
    const socket = await reach("mixed.test", { lookup, allow: ["127.0.0.0/8"] });
    expect(socket.remoteAddress).toBe("127.0.0.1");
  });

  test("looks a name up once: an answer that changes afterwards does not move the connection", async () => {
    const lookup = vi.fn<Lookup>(answers(["127.0.0.1"], ["127.0.0.2"]));
    const socket = await reach("rebinding.test", { lookup, allow: ["127.0.0.1/32"] });
    expect(socket.remoteAddress).toBe("127.0.0.1");
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  test("judges a name again for each connection", async () => {
    const lookup = answers(["127.0.0.1"], ["127.0.0.2"]);
    const setting = { lookup, allow: ["127.0.0.1/32"] };
    await reach("rebinding.test", setting);
    expect(await failure(reach("rebinding.test", setting))).toMatchObject({ kind: "refused" });
    expect(connections).toBe(1);
  });

  test("goes wherever the operator says", async () => {
    await expect(reach("127.0.0.1", {}, { isExempt: true })).resolves.toBeDefined();
  });

  test("says of an allowed host that it does not speak TLS", async () => {
    const error = await failure(reach("127.0.0.1", { allow: LOOPBACK }, { tls: { verify: true } }));
    expect(error).toMatchObject({ kind: "tls" });
  });
});

const unknown = () => Promise.reject(new Error("getaddrinfo ENOTFOUND nowhere.test"));
const never = () => new Promise<never>(() => undefined);

describe("what a tenant is told", () => {
  test("is the same of a refused, an unknown, a silent name and a closed port", async () => {
    const soon = { signal: AbortSignal.timeout(50) };
    const failures = await Promise.all([
      failure(reach("10.0.0.1")),
      failure(reach("nowhere.test", { lookup: unknown })),
      failure(reach("empty.test", { lookup: answers([]) })),
      failure(reach("slow.test", { lookup: never }, soon)),
      failure(reach("127.0.0.1", { allow: LOOPBACK }, { port: 1 })),
    ]);
    expect(new Set(failures.map(({ message }) => message))).toEqual(new Set([NOT_REACHED]));
  });

  test("and the log is told why", async () => {
    await failure(reach("10.0.0.1"));
    await failure(reach("nowhere.test", { lookup: unknown }));
    expect(log.warn.mock.calls[0]?.[0]).toMatchObject({
      host: "10.0.0.1",
      why: "10.0.0.1 is private",
    });
    expect(log.info.mock.calls[0]?.[0].why).toContain("ENOTFOUND");
  });
});
