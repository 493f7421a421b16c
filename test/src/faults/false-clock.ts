import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Debian's package `faketime` puts its library. */
const LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1";

/**
 * A clock that is set while programs run: libfaketime gives them the kernel's time and so many seconds
 * more, or less. Their monotonic clock, and the times of files, stay as they are.
 */
export class FalseClock {
  /** What makes a program, and those it starts, ask this clock. */
  readonly env: Record<string, string>;
  readonly #folder: string;
  #offset = 0;

  private constructor(library: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "waybill-clock-"));
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
    this.step(0);
  }

  /** Undefined when there is no libfaketime that this Node heeds. */
  static make(): FalseClock | undefined {
    const [library] = globSync(LIBRARY);
    if (library === undefined) return undefined;
    const clock = new FalseClock(library);
    if (clock.#isHeeded()) return clock;
    clock.remove();
    return undefined;
  }

  /** Sets the clock, by so many seconds; it is noticed within one. */
  step(seconds: number): void {
    this.#offset += seconds;
    const sign = this.#offset < 0 ? "" : "+";
    writeFileSync(`${this.#file}.new`, `${sign}${this.#offset}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, "offset");
  }

  #isHeeded(): boolean {
    this.step(86_400);
    const options = { env: this.env, encoding: "utf8" } as const;
    const { stdout } = spawnSync(process.execPath, ["-p", "Date.now()"], options);
    this.step(-86_400);
    return Number(stdout) - Date.now() > 80_000_000;
  }
}
