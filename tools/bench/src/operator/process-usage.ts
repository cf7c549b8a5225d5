import { readFile } from 'node:fs/promises';

/** Linux' USER_HZ, which every architecture that Kubernetes runs on has at 100. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MILLISECONDS = 250;

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMebibytes: number;
}

/** A usage, and the most memory that the process has held since it began. */
export interface UsageSinceStart extends Usage {
  readonly peakMebibytes: number;
}

/** Undefined when the process is gone or the machine has no /proc. */
export async function readUsage(pid: number): Promise<UsageSinceStart | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    // The name in parentheses may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const mebibytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024;
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentMebibytes: mebibytes('VmRSS'),
      peakMebibytes: mebibytes('VmHWM'),
    };
  } catch {
    return undefined;
  }
}

export interface UsageMeter {
  /** CPU since the meter began, and the most memory seen meanwhile. */
  stop(): Promise<Usage | undefined>;
}

export async function meterUsage(pid: number | undefined): Promise<UsageMeter> {
  if (pid === undefined) return { stop: async () => undefined };
  const before = await readUsage(pid);
  let most = before?.residentMebibytes ?? 0;
  const sample = async (): Promise<Usage | undefined> => {
    const usage = await readUsage(pid);
    most = Math.max(most, usage?.residentMebibytes ?? 0);
    return usage;
  };
  const timer = setInterval(() => void sample(), SAMPLE_MILLISECONDS);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      const after = await sample();
      if (before === undefined || after === undefined) return undefined;
      return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, residentMebibytes: most };
    },
  };
}
