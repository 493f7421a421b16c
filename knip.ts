import type { KnipConfig } from "knip";

export default {
  // Of the system, for a test with a full disk.
  ignoreBinaries: ["mount", "umount"],
  workspaces: {
    ".": { entry: ["start.js", "waybill.ts"] },
    // Programs that tests start as processes of their own.
    test: { entry: ["src/mail/*-process.ts", "src/bench/providers/*-process.ts"] },
  },
} satisfies KnipConfig;
