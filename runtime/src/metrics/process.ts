import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { readings } from "./registry.ts";

/** Milliseconds between two looks at how late the event loop is. */
const RESOLUTION = 100;

/** Nanoseconds, and milliseconds, of a second. */
const [NANO, MILLI] = [1e9, 1000];

/** Starts to watch this process: its memory, its processor time and its event loop. */
export function watchProcess(): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  readings(
    { name: "process_resident_memory_bytes", help: "Memory of the process, in octets." },
    (set) => set.set(process.memoryUsage.rss()),
  );
  readings({ name: "nodejs_heap_used_bytes", help: "Used heap of V8, in octets." }, (set) =>
    set.set(process.memoryUsage().heapUsed),
  );
  readings(
    { name: "process_cpu_seconds_total", help: "Processor time of the process, in seconds." },
    (set) => {
      const { user, system } = process.cpuUsage();
      set.set((user + system) / 1e6);
    },
  );
  readings(
    {
      name: "nodejs_eventloop_active_seconds_total",
      help: "Time in which the event loop had work, in seconds.",
    },
    (set) => set.set(performance.eventLoopUtilization().active / MILLI),
  );
  readings(
    {
      name: "nodejs_eventloop_delay_seconds",
      help: "How late the event loop was since it was asked before, 99th percentile, in seconds.",
    },
    (set) => {
      set.set(Math.max(0, delay.percentile(99) / NANO - RESOLUTION / MILLI));
      delay.reset();
    },
  );
}
