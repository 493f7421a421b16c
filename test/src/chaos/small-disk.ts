import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, rmdirSync, statfsSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIZE_MIB = 1024;
const BLOCK = Buffer.alloc(16 * 1024 * 1024);

/** A file system in memory that can be filled to its last octet. Needs root, and the right to mount. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Undefined when we may not mount. */
  static mount(): SmallDisk | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const folder = mkdtempSync(join(tmpdir(), "waybill-chaos-"));
    const words = ["-t", "tmpfs", "-o", `size=${SIZE_MIB}m,mode=0700`, "tmpfs", folder];
    try {
      execFileSync("mount", words, { stdio: "ignore" });
      return new SmallDisk(folder);
    } catch {
      rmdirSync(folder);
      return undefined;
    }
  }

  /** Leaves no room. */
  async fill(): Promise<void> {
    await using file = await open(this.#ballast, "a");
    try {
      while (this.#free > 0) await file.write(BLOCK, 0, Math.min(BLOCK.length, this.#free));
    } catch {
      // Somebody else took the last of it.
    }
  }

  /** Gives the room back. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    execFileSync("umount", [this.folder]);
    rmdirSync(this.folder);
  }

  get #free(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }
}
