import type { KnipConfig } from "knip";

export default {
  // Of the system, for a test with a full disk.
  ignoreBinaries: ["mount", "umount"],
  workspaces: {
    ".": { entry: ["start.js", "waybill.ts"] },
    // Programs that tests start as processes of their own.
    runtime: { entry: ["src/chain/testing/sealer-process.ts"] },
    test: {
      entry: ["src/mail/*-process.ts", "src/bench/providers/*-process.ts"],
      // Of Linux.
      ignoreBinaries: ["strace"],
    },
  },
} satisfies KnipConfig;
