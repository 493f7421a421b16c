import type { Nats } from "@waybill/runtime";
import { startSink, type Sink, type SinkOptions } from "../mail/sink.ts";
import { submit, type SubmitOptions, type SubmitReport } from "../mail/submitter.ts";
import { makeRelay, type Relay, type RelayOptions } from "../relay/relay.ts";
import { until } from "../relay/until.ts";
import { eventsOf, handsOf, lastEvent, openLog, putTenant } from "./log-access.ts";
import { rebuild } from "./rebuild.ts";
import { reckon, type Reckoning } from "./reckoning.ts";
import { hasOpen, viewsAt, walk } from "./views.ts";

/** Mails of a load, unless it says otherwise. */
export const MAILS = 2000;

/** Messages of the demo tenant in delivery at once: what a killed actor may have sent unrecorded. */
export const IN_FLIGHT = 20;

export type Load = Partial<
  Pick<SubmitOptions, "mails" | "connections" | "to" | "id" | "size" | "onReply" | "signal">
>;

export type SceneOptions = RelayOptions & { sink?: SinkOptions };

const toOne: SubmitOptions["to"] = (index) => [`ok-${index}@sink.test`];

/** A relay whose way out is a counting sink, and whose demo tenant tries again within seconds. */
export class Scene {
  readonly relay: Relay;
  readonly sink: Sink;
  /** What the relay was told beyond its ports and folder. */
  readonly env: Record<string, string>;
  #log: Nats;

  constructor(relay: Relay, sink: Sink, env: Record<string, string>, log: Nats) {
    this.relay = relay;
    this.sink = sink;
    this.env = env;
    this.#log = log;
  }

  /** A connection to the relay's log. */
  get log(): Nats {
    return this.#log;
  }

  /** Starts the relay again, on the same data and ports; the engines choose new ports. */
  async startAgain(): Promise<void> {
    await this.#log.close();
    await this.relay.start();
    this.#log = await openLog(this.relay.engines.natsUrl);
  }

  /** Submits numbered mails as the demo tenant, over connections that come back. */
  load({ to = toOne, ...options }: Load = {}): Promise<SubmitReport> {
    return submit({
      port: this.relay.smtpPort,
      mails: MAILS,
      connections: 20,
      size: 2048,
      from: "sender@submitter.test",
      id: String,
      reconnect: true,
      to,
      ...options,
    });
  }

  /** Resolves once every message has ended, nothing is in hand, and the views hold all of the log. */
  async settled(): Promise<void> {
    const look = async () => {
      const [inHand, last] = [await handsOf(this.log), await lastEvent(this.log)];
      const [views, open] = [await viewsAt(this.relay), await hasOpen(this.relay)];
      if (inHand.length === 0 && views >= last && !open) return true;
      throw new Error(JSON.stringify({ inHand, last, views, open }));
    };
    await until("everything to end", look, 90_000);
  }

  /** Where every mail of a run has ended; waits until they have. */
  async reckon(report: SubmitReport, to = toOne): Promise<Reckoning> {
    await this.settled();
    const found = reckon({
      report,
      recipientsOf: (id) => to(Number(id)),
      atSink: this.sink.mails,
      messages: await walk(this.relay, "messages"),
      deadLetters: await walk(this.relay, "dead-letters"),
    });
    const { accepted, refused, unknown } = report;
    const door = { accepted: accepted.length, refused: refused.length, unknown: unknown.length };
    console.log(JSON.stringify({ ...door, extra: found.extra, dead: found.dead }));
    return found;
  }

  /** The mails of a run of which an ambiguous outcome was recorded, as often as it was. */
  async ambiguous({ queuedAs }: SubmitReport): Promise<string[]> {
    const mails = new Map([...queuedAs].map(([mail, messageId]) => [messageId, mail]));
    const events = await eventsOf(this.log, "demo", "ambiguous");
    return events.map(({ messageId }) => mails.get(messageId) ?? "");
  }

  /** Whether the views are what the log makes of them. */
  async viewsEqualRebuild(): Promise<boolean> {
    return (await rebuild(this.relay, this.env)).identical === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log.close();
    await this.relay.discard();
    await this.sink.stop();
  }
}

/** Starts a relay whose way out is a sink that is there. */
export async function sceneOf({ env = {}, ...rest }: RelayOptions, sink: Sink): Promise<Scene> {
  const relay = await (await makeRelay({ env, ...rest })).start();
  return new Scene(relay, sink, env, await openLog(relay.engines.natsUrl));
}

/** Starts sink and relay. */
export async function openScene({
  sink: options,
  env,
  ...rest
}: SceneOptions = {}): Promise<Scene> {
  const sink = await startSink(options);
  const networks = { WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo" };
  const all = { WAYBILL_RELAY_URL: sink.url, ...networks, ...env };
  const scene = await sceneOf({ env: all, ...rest }, sink);
  await putTenant(scene.log, { id: "demo" });
  return scene;
}
