/** Bits of a layer for each text it is made for, and of those how many a text sets: one of a million others looks as if it were in. */
const [BITS_EACH, SET] = [32, 8];

/** Texts that the first layer is made for; each further one is made for so many times more, up to a most. */
const [FIRST, TIMES] = [256, 4];

/** FNV-1a from a basis, 32 bits. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

type Layer = { bits: Uint32Array; room: number };

const layerFor = (texts: number): Layer => ({
  bits: new Uint32Array((texts * BITS_EACH) / 32),
  room: texts,
});

/** Goes through the places of a text in so many bits, a power of two, for as long as `isRight` (double hashing, Kirsch and Mitzenmacher). */
function everyPlace(text: string, bits: number, isRight: (place: number) => boolean): boolean {
  const [first, step] = [hash(text, 0x811c9dc5), hash(text, 0x050c5d1f) | 1];
  for (let nth = 0; nth < SET; nth += 1)
    if (!isRight((first + Math.imul(nth, step)) & (bits - 1))) return false;
  return true;
}

/**
 * A set of texts that forgets none and takes 4 octets each, 22 MiB at most (a scalable Bloom filter). It
 * may say of one that is not in it that it is: the oftener, the more it holds beyond the first five million.
 */
export class Bloom {
  readonly #layers = [layerFor(FIRST)];
  readonly #most: number;

  /** @param most texts that its greatest layer is made for */
  constructor(most = 2 ** 22) {
    this.#most = most;
  }

  /** Octets that it takes. */
  get octets(): number {
    return this.#layers.reduce((sum, { bits }) => sum + bits.byteLength, 0);
  }

  add(text: string): void {
    const layer = this.#layerWithRoom();
    layer.room -= 1;
    const { bits } = layer;
    everyPlace(text, bits.length * 32, (place) => {
      bits[place >>> 5] = (bits[place >>> 5] ?? 0) | (1 << (place & 31));
      return true;
    });
  }

  /** False is certain. */
  mayHave(text: string): boolean {
    return this.#layers.some(({ bits }) =>
      everyPlace(
        text,
        bits.length * 32,
        (place) => ((bits[place >>> 5] ?? 0) & (1 << (place & 31))) !== 0,
      ),
    );
  }

  #layerWithRoom(): Layer {
    const last = this.#layers.at(-1) ?? layerFor(FIRST);
    const size = last.bits.byteLength / (BITS_EACH / 8);
    if (last.room > 0 || size >= this.#most) return last;
    const next = layerFor(size * TIMES);
    this.#layers.push(next);
    return next;
  }
}
