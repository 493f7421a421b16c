import { createPrivateKey, type KeyObject } from "node:crypto";
import { Readable } from "node:stream";
import { atMost, type Directory, dkimKeysFor } from "@waybill/runtime";
import type { DkimKey } from "@waybill/schemas";
import { domainsIn, type Field } from "./header-fields.ts";
import { readMessage } from "./read-message.ts";
import { signatureField } from "./signature.ts";

/** A message as it is kept, and whose it is. */
type Message = { tenant: string; size: number; read: () => Readable };

/** A message with its `DKIM-Signature` fields, which go before it, or why it cannot be signed. */
type Signing = { signature: Buffer; read: () => Readable } | { refused: string };

/** Signs a message with the keys that its tenant has for the domain of From; without such, with none. */
export type Sign = (message: Message) => Promise<Signing>;

type Neighbours = {
  directory: Pick<Directory, "dkimKeys">;
  vault: { open(tenant: string, sealed: string): string };
  /** Milliseconds since 1970. */
  now: () => number;
};

/** Octets up to which a message that was read to be signed is not read again to be sent. */
const KEPT = 64 * 1024;

/** Messages beyond that which are read at once to be signed: they come as fast as the store gives them. */
const READ_AT_ONCE = 2;

/** Domains of one From that sign: it has one, but for groups and several authors. */
const MOST_DOMAINS = 3;

const NOTHING = Buffer.alloc(0);

type AllKeys = ReturnType<Directory["dkimKeys"]>;

function keysOf(all: AllKeys, fields: readonly Field[]): DkimKey[] {
  const domains = fields.filter(({ name }) => name === "from").flatMap(domainsIn);
  const signing = domains.map((domain) => dkimKeysFor(all, domain));
  const keys = signing.filter(({ length }) => length > 0).slice(0, MOST_DOMAINS);
  return [...new Set(keys.flat())];
}

/** What a message's header says of who signs it, and the hash of its body for them. */
async function inspect(all: AllKeys, source: Readable) {
  let [fields, keys]: [Field[], DkimKey[]] = [[], []];
  const { dkimBody } = await import("mailauth/lib/dkim/body/index.js");
  const hash = dkimBody("relaxed", "sha256");
  await readMessage(source, async (found) => {
    [fields, keys] = [found, keysOf(all, found)];
    return keys.length > 0 ? hash : undefined;
  });
  return { fields, keys, bodyHash: hash.digest("base64") };
}

/** Passes a small message on as it is read, so that it need not be read again. */
function remembering({ size, read }: Message): { source: () => Readable; again: () => Readable } {
  if (size > KEPT) return { source: read, again: read };
  const parts: Buffer[] = [];
  async function* remembered() {
    for await (const part of read() as AsyncIterable<Buffer>) {
      parts.push(part);
      yield part;
    }
  }
  const options = { objectMode: false };
  return {
    source: () => Readable.from(remembered(), options),
    again: () => Readable.from(parts, options),
  };
}

/**
 * Makes what signs outgoing mail (RFC 6376, RFC 8463), relaxed/relaxed, with one key of each algorithm.
 * The signature goes before the body of which it has the hash, so the message is read from the store
 * twice, once to be signed and once to be sent, and never held; the hash itself takes 4 ms a MiB. Up to
 * 64 KiB it is held instead. The private keys are opened at their first use. A key that does not open refuses the
 * message: mail that was to be signed does not leave without.
 */
export function makeSign({ directory, vault, now }: Neighbours): Sign {
  const opened = new WeakMap<DkimKey, KeyObject>();
  const open = (tenant: string, key: DkimKey) => {
    const privateKey =
      opened.get(key) ?? createPrivateKey(vault.open(tenant, key.sealedPrivateKey));
    opened.set(key, privateKey);
    const { domain, selector, algorithm } = key;
    return { domain, selector, algorithm, privateKey };
  };
  const inTurn = atMost(READ_AT_ONCE);
  const inspected = (all: AllKeys, source: () => Readable, { size }: Message) =>
    size > KEPT ? inTurn(() => inspect(all, source())) : inspect(all, source());
  return async (message) => {
    const all = directory.dkimKeys(message.tenant);
    if (all.size === 0) return { signature: NOTHING, read: message.read };
    const { source, again } = remembering(message);
    const { keys, ...signed } = await inspected(all, source, message);
    if (keys.length === 0) return { signature: NOTHING, read: message.read };
    try {
      const signing = keys.map((key) => open(message.tenant, key));
      const what = { ...signed, time: Math.floor(now() / 1000) };
      const lines = await Promise.all(signing.map((key) => signatureField(what, key)));
      return { signature: Buffer.from(lines.join("")), read: again };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const names = keys.map(({ id }) => id).join(", ");
      return { refused: `the mail cannot be signed with ${names}: ${why}` };
    }
  };
}
