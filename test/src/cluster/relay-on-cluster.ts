import { rmSync } from "node:fs";
import { makeLogger, STREAMS } from "@waybill/runtime";
import { startPostgres } from "@waybill/runtime/engines";
import { putTenant } from "../faults/log-access.ts";
import { Scene } from "../faults/scene.ts";
import { type Sink, startSink, type SinkOptions } from "../mail/sink.ts";
import { memoryFolder } from "../relay/memory-folder.ts";
import { makeRelay, type Relay } from "../relay/relay.ts";
import { allOf } from "./all-of.ts";
import { startCluster, type Cluster, type Store } from "./cluster.ts";

type Options = {
  sink?: SinkOptions;
  env?: Record<string, string>;
  /** A data folder that is there. */
  data?: string;
  /** Of the three servers, when not in memory. */
  stores?: readonly Store[];
  /** DATABASE_URL, made of that of the PostgreSQL that runs. */
  database?: (url: string) => Promise<string>;
};

/** The stages in processes of their own, on a cluster of three and a PostgreSQL. */
export type OnCluster = {
  cluster: Cluster;
  scene: Scene;
  /** The processes of the stages. */
  stages: { ingress: Relay; actors: Relay; api: Relay };
  [Symbol.asyncDispose](): Promise<void>;
};

/** Ends each of them when the stack does. */
type Ends = Pick<AsyncDisposableStack, "defer">;

async function startStages(api: Relay, env: Record<string, string>, ends: Ends) {
  ends.defer(() => api.discard());
  await api.start();
  const ports = {
    WAYBILL_SMTP_PORT: String(api.smtpPort),
    WAYBILL_SMTPS_PORT: String(api.smtpsPort),
    WAYBILL_API_PORT: String(api.apiPort),
  };
  const start = async (stage: string): Promise<Relay> => {
    const all = { ...env, ...ports, WAYBILL_STAGES: stage };
    const relay = await makeRelay({ data: api.data, env: all });
    ends.defer(async () => void (await relay.stop()));
    return relay.start();
  };
  const [ingress, actors] = await allOf([start("ingress"), start("actors")]);
  if (ingress === undefined || actors === undefined) throw new Error("two stages were started");
  return { ingress, actors, api };
}

async function startDatabase({ database }: Pick<Options, "database">, ends: Ends): Promise<string> {
  const folder = memoryFolder();
  ends.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const postgres = await startPostgres({ folder, log: makeLogger("silent", "test") });
  ends.defer(() => postgres.stop());
  return (await database?.(postgres.url)) ?? postgres.url;
}

/**
 * Starts a PostgreSQL and the stages, whose way out is a sink that is there, on a cluster that is there and keeps
 * three of each stream. Leaves nothing of its own when it fails.
 */
export async function openStagesOn(
  cluster: Cluster,
  sink: Sink,
  options: Omit<Options, "sink"> = {},
): Promise<OnCluster> {
  await using undo = new AsyncDisposableStack();
  const env = {
    NATS_URL: cluster.url,
    DATABASE_URL: await startDatabase(options, undo),
    WAYBILL_REPLICAS: "3",
    WAYBILL_RELAY_URL: sink.url,
    WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo",
    ...options.env,
  };
  const { data } = options;
  const stage = { env: { ...env, WAYBILL_STAGES: "projections,api" }, ...(data && { data }) };
  const api = await makeRelay(stage);
  const stages = await startStages(api, env, undo);
  await cluster.inStep(Object.values(STREAMS));
  const scene = new Scene(api, sink, env, cluster.log);
  const ends = undo.move();
  return { cluster, scene, stages, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

/** The same with a cluster and a sink of its own, and a tenant `demo` that tries again within seconds. */
export async function openOnCluster(options: Options = {}): Promise<OnCluster> {
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await startCluster(options.stores));
  const sink = await startSink(options.sink);
  undo.defer(() => sink.stop());
  const on = undo.use(await openStagesOn(cluster, sink, options));
  await putTenant(cluster.log, { id: "demo" });
  const ends = undo.move();
  return { ...on, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}
