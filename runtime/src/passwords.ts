import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";
import { atMost } from "./at-most.ts";

type Cost = { N: number; r: number; p: number };

/** The cost OWASP names: 128 MiB, and about half a second of one of libuv's threads. */
const COST: Cost = { N: 2 ** 17, r: 8, p: 1 };
const [SALT, KEY] = [16, 32];

/** Each takes 128 MiB for as long as it lasts; a flood of logins waits instead of taking more. */
const limited = atMost(2);
const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const keyOf = (password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> =>
  limited(() => derive(password.normalize("NFC"), salt, KEY, { N, r, p, maxmem: 256 * N * r }));

/** A person's password as it is stored: `scrypt$N$r$p$salt$hash`, base64url. Other work goes on meanwhile. */
export async function hashPassword(password: string): Promise<string> {
  const { N, r, p } = COST;
  const salt = randomBytes(SALT);
  const key = await keyOf(password, salt, COST);
  return `scrypt$${N}$${r}$${p}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

const STORED = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]{22})\$([\w-]{43})$/;

function readStored(stored: string) {
  const [, N, r, p, salt = "", key = ""] = STORED.exec(stored) ?? [];
  if (key === "") throw new Error("a stored password is not in the form scrypt$N$r$p$salt$hash");
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  return { cost, salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

/** Stands in for the password of somebody who is not known: no password has that key. */
const NOBODY = { cost: COST, salt: Buffer.alloc(SALT), key: Buffer.alloc(KEY) };

/**
 * Whether it is the password that was stored, compared in constant time; for nobody (`undefined`) the
 * same work is done, and the answer is no. @throws Error when what is stored is not of `hashPassword`
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  const { cost, salt, key } = stored === undefined ? NOBODY : readStored(stored);
  const isSame = timingSafeEqual(await keyOf(password, salt, cost), key);
  return isSame && stored !== undefined;
}
