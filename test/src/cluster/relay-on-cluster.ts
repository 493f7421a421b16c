import { rmSync } from "node:fs";
import { makeLogger, STREAMS } from "@waybill/runtime";
import { startPostgres } from "@waybill/runtime/engines";
import { putTenant } from "../faults/log-access.ts";
import { Scene } from "../faults/scene.ts";
import { startSink, type SinkOptions } from "../mail/sink.ts";
import { memoryFolder } from "../relay/memory-folder.ts";
import { makeRelay, type Relay } from "../relay/relay.ts";
import { startCluster, type Cluster } from "./cluster.ts";

type Options = {
  sink?: SinkOptions;
  env?: Record<string, string>;
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

async function startStages(api: Relay, env: Record<string, string>) {
  await api.start();
  const ports = {
    WAYBILL_SMTP_PORT: String(api.smtpPort),
    WAYBILL_SMTPS_PORT: String(api.smtpsPort),
    WAYBILL_API_PORT: String(api.apiPort),
  };
  const start = async (stage: string) =>
    (await makeRelay({ data: api.data, env: { ...env, ...ports, WAYBILL_STAGES: stage } })).start();
  const [ingress, actors] = await Promise.all([start("ingress"), start("actors")]);
  return { ingress, actors, api };
}

/** Starts a cluster, a PostgreSQL, a sink, and the stages; the cluster keeps three of each stream. */
export async function openOnCluster(options: Options = {}): Promise<OnCluster> {
  const cluster = await startCluster();
  const folder = memoryFolder();
  const postgres = await startPostgres({ folder, log: makeLogger("silent", "test") });
  const sink = await startSink(options.sink);
  const env = {
    NATS_URL: cluster.url,
    DATABASE_URL: (await options.database?.(postgres.url)) ?? postgres.url,
    WAYBILL_REPLICAS: "3",
    WAYBILL_RELAY_URL: sink.url,
    WAYBILL_TRUSTED_NETWORKS: "127.0.0.0/8=demo",
    ...options.env,
  };
  const api = await makeRelay({ env: { ...env, WAYBILL_STAGES: "projections,api" } });
  const stages = await startStages(api, env);
  await putTenant(cluster.log, { id: "demo" });
  await cluster.inStep(Object.values(STREAMS));
  const scene = new Scene(api, sink, env, cluster.log);
  return {
    cluster,
    scene,
    stages,
    async [Symbol.asyncDispose]() {
      await Promise.all([stages.ingress.stop(), stages.actors.stop()]);
      await api.discard();
      await sink.stop();
      await postgres.stop();
      await cluster[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
