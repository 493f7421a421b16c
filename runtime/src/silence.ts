import type { ConsumerMessages } from "@nats-io/jetstream";

/** Milliseconds without a message or a heartbeat, of which the server sends one a second. */
const SILENT = 5000;

/** Milliseconds with heartbeats alone: what was to come has vanished, or a replica lags. */
const IDLE = 5000;

/** The server that had a consumer says nothing more of it. */
export class ServerSilent extends Error {
  constructor() {
    super("the server of a consumer fell silent");
    this.name = "ServerSilent";
  }
}

/** Called with each message. */
type Heard = () => void;

/**
 * Ends the reading of an ordered consumer, with ServerSilent, when nothing comes of its server. Such a
 * consumer has no replicas: when its server is gone nobody can say so, and the library asks for it
 * until that server is back. @param idle whether heartbeats alone are enough, for ever
 */
export function endWhenSilent(messages: ConsumerMessages, idle: boolean): Heard {
  const end = () => messages.stop(new ServerSilent());
  const silent = setTimeout(end, SILENT).unref();
  const idling = idle ? undefined : setTimeout(end, IDLE).unref();
  const listen = async (): Promise<void> => {
    for await (const { type } of messages.status()) if (type === "heartbeat") silent.refresh();
  };
  const clear = () => [silent, idling].forEach((timer) => clearTimeout(timer));
  void listen();
  void messages.closed().then(clear, clear);
  return () => {
    silent.refresh();
    idling?.refresh();
  };
}
