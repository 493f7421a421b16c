import { createHash, randomBytes } from "node:crypto";
import {
  mkdtempSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  readFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BodyRef, BodyRefOf, BodyStoreName } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { newMessageId } from "../ids.ts";
import { makeLogger } from "../logger.ts";
import { STREAMS } from "../streams.ts";
import { startLog } from "../testing/log-server.ts";
import { hasS3, startS3 } from "../testing/s3-server.ts";
import { pathOf } from "./fs.ts";
import { openBodies } from "./open.ts";
import { BodyDamaged, type BodyStore } from "./store.ts";

/** A store, and how to do harm to what it keeps. */
type Subject<S extends BodyStoreName> = AsyncDisposable & {
  bodies: BodyStore;
  remove(ref: BodyRefOf<S>): unknown;
  cut(ref: BodyRefOf<S>): unknown;
  change(ref: BodyRefOf<S>): unknown;
};

async function openSubject<S extends BodyStoreName>(store: S, settings = {}) {
  const data = mkdtempSync(join(tmpdir(), "waybill-bodies-"));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(data, { recursive: true }));
  const { nats } = stack.use(await startLog());
  const config = readConfig({ WAYBILL_DATA: data, WAYBILL_BODY_STORE: store, ...settings });
  const bodies = openBodies({ config, nats, log: makeLogger("silent", "test") });
  return { data, nats, stack, bodies };
}

const dispose = (stack: AsyncDisposableStack) => ({
  [Symbol.asyncDispose]: () => stack.disposeAsync(),
});

async function jetstream(): Promise<Subject<"jetstream">> {
  const { nats, stack, bodies } = await openSubject("jetstream");
  return {
    bodies,
    remove: ({ chunks }) => nats.jsm.streams.deleteMessage(STREAMS.bodies, chunks[0] ?? 0),
    cut: (ref) => ref.chunks.pop(),
    change: (ref) => ref.chunks.push(ref.chunks.shift() ?? 0),
    ...dispose(stack),
  };
}

async function fs(): Promise<Subject<"fs">> {
  const { data, stack, bodies } = await openSubject("fs");
  const place = ({ id: messageId }: BodyRefOf<"fs">) =>
    pathOf(join(data, "bodies"), { tenant: "t1", messageId });
  return {
    bodies,
    remove: (ref) => unlinkSync(place(ref)),
    cut: (ref) => truncateSync(place(ref), ref.size - 1),
    change: (ref) => writeFileSync(place(ref), other(readFileSync(place(ref)))),
    ...dispose(stack),
  };
}

const other = (bytes: Buffer): Buffer => {
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes;
};

async function s3(): Promise<Subject<"s3">> {
  const server = await startS3();
  const { stack, bodies } = await openSubject("s3", server.settings);
  stack.use(server);
  const put = ({ bucket, key }: BodyRefOf<"s3">, bytes: Buffer) =>
    server.client.putObject(bucket, key, bytes);
  return {
    bodies,
    remove: ({ bucket, key }) => server.client.removeObject(bucket, key),
    cut: (ref) => put(ref, randomBytes(ref.size - 1)),
    change: (ref) => put(ref, randomBytes(ref.size)),
    ...dispose(stack),
  };
}

async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* failing(octets: number): AsyncGenerator<Buffer> {
  yield Buffer.alloc(octets);
  throw new Error("the client left");
}

/** Milliseconds: a server of S3 on a busy machine. */
const SLOW_START = 300_000;

const SIZES: [number, number][] = [
  [0, 1],
  [1, 1],
  [16 * 1024, 16 * 1024],
  [16 * 1024 + 1, 1000],
  [256 * 1024, 65_536],
  [256 * 1024 + 1, 65_536],
  [3_000_000, 70_000],
  [3_000_000, 3_000_000],
  [20_000_000, 65_536],
];

function contract<S extends BodyStoreName>(store: S, open: () => Promise<Subject<S>>): void {
  let subject: Subject<S>;
  beforeAll(async () => {
    subject = await open();
  }, SLOW_START);
  afterAll(() => subject[Symbol.asyncDispose]());

  const keep = async (bytes: Buffer, part = 65_536) => {
    const ref = await subject.bodies.write(
      { tenant: "t1", messageId: newMessageId() },
      inParts(bytes, part),
    );
    expect(ref.store).toBe(store);
    return ref as BodyRefOf<S>;
  };
  const read = async (ref: BodyRef, tenant = "t1") =>
    Buffer.concat(await subject.bodies.read(tenant, ref).toArray());

  test.each(SIZES)("gives back %i octets that came in parts of %i", async (size, part) => {
    const bytes = randomBytes(size);
    const ref = await keep(bytes, part);
    expect(ref).toMatchObject({ size, sha256: createHash("sha256").update(bytes).digest("hex") });
    expect((await read(ref)).equals(bytes)).toBe(true);
  });

  test("keeps two that come at once apart", async () => {
    const all = Array.from({ length: 10 }, () => randomBytes(700_000));
    const refs = await Promise.all(all.map((one) => keep(one)));
    const found = await Promise.all(refs.map((ref) => read(ref)));
    expect(found.map((one, at) => one.equals(all[at] ?? one))).toEqual(all.map(() => true));
  });

  test.each(["remove", "cut", "change"] as const)("fails before the end after %s", async (harm) => {
    const ref = await keep(randomBytes(600_000));
    await subject[harm](ref);
    const seen: Buffer[] = [];
    const reading = async () => {
      for await (const chunk of subject.bodies.read("t1", ref)) seen.push(chunk as Buffer);
    };
    await expect(reading()).rejects.toThrow(BodyDamaged);
    expect(Buffer.concat(seen).length).toBeLessThan(600_000);
  });

  test("gives no tenant another's bytes, whatever the reference says", async () => {
    const ref = await keep(randomBytes(9));
    await expect(read(ref, "t2")).rejects.toThrow(BodyDamaged);
  });

  test.each([1, 700_000])("passes on what its source fails with after %i", async (octets) => {
    const writing = subject.bodies.write(
      { tenant: "t1", messageId: newMessageId() },
      failing(octets),
    );
    await expect(writing).rejects.toThrow("the client left");
  });

  test("may be read in part", async () => {
    const ref = await keep(randomBytes(3_000_000));
    for await (const _ of subject.bodies.read("t1", ref)) break;
    expect(await read(ref)).toHaveLength(3_000_000);
  });
}

describe("bodies in the log's own store", () => {
  contract("jetstream", jetstream);
});
describe("bodies in files", () => {
  contract("fs", fs);
});
describe.skipIf(!hasS3())("bodies in S3", () => {
  contract("s3", s3);
});
