import { rmSync } from "node:fs";
import type { Nats } from "@waybill/runtime";
import { allOf } from "./all-of.ts";
import { openLog } from "../faults/log-access.ts";
import { freePort } from "../relay/free-port.ts";
import { memoryFolder } from "../relay/memory-folder.ts";
import { until } from "../relay/until.ts";
import { type Road, roadTo } from "./road.ts";
import { ClusterServer } from "./server.ts";

const LOGIN = { user: "waybill", password: "the cluster's p4ssword" };
const SECRET = `${LOGIN.user}:${encodeURIComponent(LOGIN.password)}`;
const NAMES = ["n1", "n2", "n3"] as const;

/** Where nobody listens: servers reach each other over the roads alone, not by what they tell each other. */
const NOWHERE = "127.0.0.1:9";

type Place = { name: string; port: number; cluster: number; door: Road };
type Way = { from: string; to: string; road: Road };

/** Folder of a server, and its configuration when that is not the one of deploy/. */
export type Store = { folder: string; config?: string };

/** What a cluster is made of, and what ends all of it. */
type Parts = { places: readonly Place[]; ways: readonly Way[]; ends: AsyncDisposableStack };

const quoted = (text: string): string => JSON.stringify(text);

/** Three nats-servers on loopback; each reaches the others, and clients reach each, over a road. */
export class Cluster {
  readonly servers: readonly ClusterServer[];
  /** A connection of the test's own, past the roads. */
  readonly log: Nats;
  readonly #places: readonly Place[];
  readonly #ways: readonly Way[];
  readonly #ends: AsyncDisposableStack;

  constructor(servers: readonly ClusterServer[], log: Nats, { places, ways, ends }: Parts) {
    this.servers = servers;
    this.log = log;
    this.#places = places;
    this.#ways = ways;
    this.#ends = ends;
  }

  /** NATS_URL of a client. */
  get url(): string {
    return this.#places.map(({ door }) => urlOf(door.port)).join(",");
  }

  /** NATS_URL of a client that knows one server only. */
  urlOf({ port }: ClusterServer): string {
    return urlOf(port);
  }

  server(name: string): ClusterServer {
    const found = this.servers.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no server is called ${name}`);
    return found;
  }

  /** The server that leads a stream, or a consumer of it; waits for one that is led. */
  async leaderOf(stream: string, consumer?: string): Promise<ClusterServer> {
    const { jsm } = this.log;
    const name = await until(`a leader of ${stream} ${consumer ?? ""}`, async () => {
      const { cluster } =
        consumer === undefined
          ? await jsm.streams.info(stream)
          : await jsm.consumers.info(stream, consumer);
      return cluster?.leader;
    });
    return this.server(name);
  }

  /** Cuts a server off from the others; its clients stay. Returns what heals it. */
  isolate({ name }: ClusterServer): () => void {
    const roads = this.#ways.filter(({ from, to }) => from === name || to === name);
    for (const { road } of roads) road.cut();
    return () => roads.forEach(({ road }) => road.heal());
  }

  /** Cuts clients off from a server, which stays with the others. Returns what heals it. */
  cutClients({ name }: ClusterServer): () => void {
    const door = this.#places.find((one) => one.name === name)?.door;
    door?.cut();
    return () => door?.heal();
  }

  /** Resolves once every replica of these streams has all of it. */
  async inStep(streams: readonly string[]): Promise<void> {
    for (const stream of streams)
      await until(`${stream} to be in step`, async () => {
        const { cluster } = await this.log.jsm.streams.info(stream);
        const all = cluster?.replicas ?? [];
        return all.length === 2 && all.every(({ current }) => current);
      });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ends.disposeAsync();
  }
}

const urlOf = (port: number): string => `nats://${SECRET}@127.0.0.1:${port}`;

async function placeOf(name: string): Promise<Place> {
  const port = await freePort();
  return { name, port, cluster: await freePort(), door: await roadTo(port) };
}

function serverOf(place: Place, ways: readonly Way[], store: Store): ClusterServer {
  const roads = ways.filter(({ from }) => from === place.name);
  const routes = roads.map(({ road }, at) => [
    `NATS_ROUTE_${at + 1}`,
    quoted(`nats-route://${SECRET}@127.0.0.1:${road.port}`),
  ]);
  const env = {
    NATS_LISTEN: quoted(`127.0.0.1:${place.port}`),
    NATS_ADVERTISE: quoted(`127.0.0.1:${place.door.port}`),
    NATS_USER: LOGIN.user,
    NATS_PASSWORD: quoted(LOGIN.password),
    NATS_CLUSTER_LISTEN: quoted(`127.0.0.1:${place.cluster}`),
    NATS_CLUSTER_ADVERTISE: quoted(NOWHERE),
    ...Object.fromEntries(routes),
  };
  return new ClusterServer(place.name, place.port, { ...store, env });
}

async function waysOf(places: readonly Place[]): Promise<Way[]> {
  const pairs = places.flatMap((from) => places.map((to) => ({ from, to })));
  const apart = pairs.filter(({ from, to }) => from !== to);
  return Promise.all(
    apart.map(async ({ from, to }) => ({
      from: from.name,
      to: to.name,
      road: await roadTo(to.cluster),
    })),
  );
}

/** A connection to a cluster, once that has a leader. */
const openLed = (url: string): Promise<Nats> =>
  until("the cluster to have a leader", async () => {
    const nats = await openLog(url);
    const led = await nats.jsm.getAccountInfo().then(
      () => true,
      () => false,
    );
    if (!led) await nats.close();
    return led && nats;
  });

/**
 * Starts three servers, and resolves once the cluster has a leader; leaves nothing when it fails.
 * @param stores where each keeps what it keeps, when not in memory
 */
export async function startCluster(stores: readonly Store[] = []): Promise<Cluster> {
  await using undo = new AsyncDisposableStack();
  const folder = memoryFolder();
  undo.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const places = await Promise.all(NAMES.map(placeOf));
  for (const { door } of places) undo.defer(() => door.close());
  const ways = await waysOf(places);
  for (const { road } of ways) undo.defer(() => road.close());
  const servers = places.map((place, at) => serverOf(place, ways, stores[at] ?? { folder }));
  for (const one of servers) undo.defer(() => one.kill());
  await allOf(servers.map((one) => one.start()));
  const log = await openLed(places.map(({ port }) => urlOf(port)).join(","));
  undo.defer(() => log.close());
  return new Cluster(servers, log, { places, ways, ends: undo.move() });
}
