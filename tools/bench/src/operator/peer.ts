/** What another operator needed for the same work. */
export interface PeerStage {
  readonly workspaces: number;
  readonly p50Milliseconds?: number;
  readonly p99Milliseconds?: number;
  readonly perSecond?: number;
  readonly cpuSeconds?: number;
  readonly residentMebibytes?: number;
  readonly writesPerWorkspace?: number;
}

export interface Peer {
  readonly name: string;
  readonly stages: readonly PeerStage[];
  readonly restartWritesPerWorkspace: number;
}

/** Recorded, not measured by this program. */
export const upstream: Peer = {
  name: 'KAITO v0.12.0, recorded on two cores of this kind (existing nodes, phi-4-mini-instruct, its defaults)',
  stages: [
    { workspaces: 1, p50Milliseconds: 1_460, residentMebibytes: 59, writesPerWorkspace: 12 },
    {
      workspaces: 100,
      p50Milliseconds: 15_300,
      p99Milliseconds: 27_700,
      perSecond: 3.6,
      cpuSeconds: 2,
      residentMebibytes: 71,
      writesPerWorkspace: 11.4,
    },
    {
      workspaces: 1000,
      p50Milliseconds: 137_000,
      p99Milliseconds: 271_000,
      perSecond: 3.6,
      cpuSeconds: 23,
      residentMebibytes: 136,
      writesPerWorkspace: 11.2,
    },
  ],
  restartWritesPerWorkspace: 1,
};
