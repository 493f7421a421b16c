import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Directory, makeLogger, makeReturnPaths, makeSecrets, readConfig } from "@waybill/runtime";
import { MemoryBodies, MemoryCounters, MemoryLog, MemorySeats } from "@waybill/runtime/testing";
import type { ControlFact, Entity, MessageAccepted } from "@waybill/schemas";
import type { Neighbours, Reports } from "./door.ts";
import { startIngress, type IngressOptions, type RunningIngress } from "./stage.ts";

export const PASSWORD = "correct horse";

const secrets = makeSecrets("a master key of a test, long enough");

function directoryOfTests(): Directory {
  const directory = new Directory();
  const put = (tenant: string, entity: Entity): void =>
    directory.apply(factOf(tenant, entity.kind, entity.id, entity));
  for (const id of ["acme", "globex"]) {
    put(id, {
      kind: "tenant",
      id,
      name: id,
      concurrency: 1,
      retryLadder: [],
      onAmbiguous: "retry",
    });
  }
  const hash = secrets.hash(PASSWORD);
  put("acme", { kind: "credential", id: "app", username: "acme-app", hash });
  put("gone", { kind: "credential", id: "app", username: "gone-app", hash });
  return directory;
}

/** A fact of the CONTROL stream; without an entity it removes it. */
export const factOf = (
  tenant: string,
  kind: string,
  id: string,
  entity: Entity | null = null,
): ControlFact => {
  const change = { time: "2026-01-01T00:00:00.000Z", actor: "test", reason: "test" };
  return { tenant, kind, id, entity, ...change };
};

/** A running ingress on free ports of loopback, with neighbours in memory. */
export type TestIngress = Neighbours & { reports: Reports } & RunningIngress & {
    port: number;
    bodies: MemoryBodies;
    events: MemoryLog;
    counters: MemoryCounters;
    accepted(): MessageAccepted[];
  };

/** Starts it; clients of loopback submit for `acme` unless the settings say otherwise. */
export async function startTestIngress(
  settings: Record<string, string> = {},
  options: Partial<IngressOptions> = {},
  shared: Partial<Pick<Neighbours, "counters" | "seats">> = {},
): Promise<TestIngress> {
  const config = readConfig({
    WAYBILL_DATA: mkdtempSync(join(tmpdir(), "waybill-ingress-")),
    WAYBILL_HOSTNAME: "mx.waybill.test",
    WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=acme",
    ...settings,
  });
  const kept = {
    bodies: new MemoryBodies(),
    events: new MemoryLog(),
    counters: new MemoryCounters(),
    seats: new MemorySeats(),
    uses: { note: () => undefined },
  };
  const log = makeLogger("silent", "ingress");
  const directory = directoryOfTests();
  const accepted = () => kept.events.events.filter((event) => event.type === "accepted");
  const findAccepted: Reports["findAccepted"] = async (tenant, id) =>
    accepted().find((event) => event.tenant === tenant && event.messageId === id);
  const reports = { paths: makeReturnPaths(secrets), findAccepted };
  const neighbours = { config, log, ...kept, directory, secrets, reports };
  const running = await startIngress(
    { ...neighbours, ...shared },
    { smtpPort: 0, smtpsPort: 0, ...options },
  );
  return { ...neighbours, ...running, port: running.smtpPort ?? 0, accepted };
}

/** A client that says exactly these bytes, and reads replies line by line. */
export class RawClient {
  readonly socket: Socket;
  #text = "";
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#text += chunk.toString();
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async to(port: number): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** A client that has said EHLO. */
  static async greeted(port: number): Promise<RawClient> {
    const client = await RawClient.to(port);
    await client.reply();
    await client.say("EHLO client.test");
    return client;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** One whole reply, its last line without CRLF; empty when the connection was closed. */
  async reply(): Promise<string> {
    for (;;) {
      const [whole, last] =
        /^(?:\d{3}-[^\r\n]*\r\n)*(\d{3}(?: [^\r\n]*)?)\r\n/.exec(this.#text) ?? [];
      if (whole !== undefined) {
        this.#text = this.#text.slice(whole.length);
        return last === whole.trimEnd() ? last : whole.trimEnd();
      }
      if (this.#closed) return "";
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends one command, and reads its reply. */
  say(command: string): Promise<string> {
    this.send(`${command}\r\n`);
    return this.reply();
  }

  /** Sends a message, as it is and then the final dot, in one transaction of its own. */
  async mail(message: string | Buffer, to: readonly string[] = ["b@y.test"]): Promise<string> {
    await this.say("MAIL FROM:<a@x.test>");
    for (const one of to) await this.say(`RCPT TO:<${one}>`);
    await this.say("DATA");
    this.send(message);
    return this.say(".");
  }

  close(): void {
    this.socket.destroy();
  }
}
