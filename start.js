// Plain JavaScript that any Node understands, so that a wrong one is told so.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import module from "node:module";
import { join, resolve } from "node:path";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `waybill cannot start: Node ${process.versions.node} is too old\n` +
      "  hint: it needs Node 24.12 or newer; `npm ci && npm start` brings its own on Linux\n",
  );
  process.exit(1);
}

// Large buffers go back to the system when they are freed, instead of being kept for later (ADR 0003).
process.env.MALLOC_ARENA_MAX ??= "1";
process.env.MALLOC_MMAP_THRESHOLD_ ??= "65536";

// A process that compiles TypeScript keeps 30 MB for it; those that find it compiled start faster as
// well. So one that ends again fills the cache before the first start (ADR 0003).
const program = join(import.meta.dirname, "waybill.ts");
const cache = join(resolve(process.env.WAYBILL_DATA || "data"), "cache");
if (!existsSync(cache) && makeFolder(cache)) {
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  spawnSync(process.execPath, [program, "--compile="], { env, stdio: "ignore" });
}
if (existsSync(cache)) {
  process.env.NODE_COMPILE_CACHE = cache;
  module.enableCompileCache(cache);
}
await import("./waybill.ts");

/** Closed to others, and the data folder around it. A folder that cannot be made is told of later, in words. */
function makeFolder(path) {
  try {
    return mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
  } catch {
    return false;
  }
}
