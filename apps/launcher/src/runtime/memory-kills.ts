import { readFileSync } from 'node:fs';

/** Where cgroup v2 and v1 count the processes that the kernel killed for memory, as seen from inside the container. */
const counters = [
  { file: '/sys/fs/cgroup/memory.events', pattern: /^oom_kill (\d+)$/mu },
  { file: '/sys/fs/cgroup/memory/memory.oom_control', pattern: /^oom_kill (\d+)$/mu },
];

export function countMemoryKills(): number {
  for (const { file, pattern } of counters) {
    try {
      const count = pattern.exec(readFileSync(file, 'utf8'))?.[1];
      if (count !== undefined) return Number(count);
    } catch {
      // Not this version of cgroups, or not Linux.
    }
  }
  return 0;
}
