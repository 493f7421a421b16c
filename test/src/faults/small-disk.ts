import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { until } from "../relay/until.ts";

const BLOCK = Buffer.alloc(16 * 1024 * 1024);

/** EXT4_IOC_SHUTDOWN, and its flag that writes nothing more, the journal included (linux/ext4.h). */
const CUT =
  'open my $folder, "<", shift or die $!; my $flags = pack "L", 2; ioctl $folder, 0x8004587D, $flags or die $!';

const run = (program: string, ...words: string[]) =>
  void execFileSync(program, words, { stdio: "ignore" });

/**
 * A disk of 1 GiB that can be filled to its last octet, and whose power can be cut: ext4 on a file. What was
 * not synced is gone then with the page cache, as with a machine that loses power; what the disk was given
 * stays. Needs root, and loop devices.
 */
export class SmallDisk {
  readonly folder: string;
  readonly #image: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#image = `${folder}.img`;
  }

  /** Undefined when we may not mount, or have no loop devices. */
  static mount(): SmallDisk | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const disk = new SmallDisk(mkdtempSync(join(tmpdir(), "waybill-disk-")));
    try {
      run("truncate", "--size", "1G", disk.#image);
      // Without room that only root may fill.
      run("mkfs.ext4", "-q", "-F", "-m", "0", disk.#image);
      disk.#on();
      run("chmod", "0711", disk.folder);
      return disk;
    } catch {
      disk.#remove();
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

  /** Nothing is written from now on, and whoever tries is told of a broken disk. */
  cut(): void {
    run("perl", "-e", CUT, this.folder);
  }

  /** Comes back with what it kept, once nobody uses it any more. */
  async powerBack(): Promise<void> {
    const isOff = () => (run("umount", this.folder), true);
    await until("nobody to use the disk", isOff);
    this.#on();
  }

  /** Goes; if somebody still uses it, as soon as they do not, and with an error. */
  unmount(): void {
    try {
      run("umount", this.folder);
    } catch (error) {
      run("umount", "--lazy", this.folder);
      throw error;
    } finally {
      this.#remove();
    }
  }

  [Symbol.dispose](): void {
    this.unmount();
  }

  #on(): void {
    run("mount", "-o", "loop", this.#image, this.folder);
  }

  #remove(): void {
    rmdirSync(this.folder);
    rmSync(this.#image, { force: true });
  }

  get #free(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }
}

/** A disk for a test, to be disposed of; without one the test is skipped, and says so. */
export function diskFor({ skip, task }: Pick<TestContext, "skip" | "task">): SmallDisk {
  const disk = SmallDisk.mount();
  if (disk !== undefined) return disk;
  console.error(`NOT TESTED: ${task.name}; it takes root and loop devices`);
  return skip("it takes root and loop devices");
}
