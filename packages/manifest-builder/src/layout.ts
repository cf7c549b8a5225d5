/** Where things lie in a serving pod; the launcher and node agents rely on these paths. */
export const paths = {
  injection: '/kaito',
  work: '/kaito-work',
  weights: '/workspace/weights',
  copiedModel: '/workspace/weights/model',
  adapters: '/mnt/adapter',
  adapterSource: '/mnt/adapter-source',
  config: '/mnt/config',
  configFile: '/mnt/config/inference_config.yaml',
  sharedMemory: '/dev/shm',
  terminationLog: '/dev/termination-log',
  launcherImageRoot: '/launcher',
  artifactImageData: '/data',
} as const;

/** Long answers are allowed to end; the launcher drains within this time and leaves as soon as the last one is out. */
export const drainSeconds = 90;

export const servingPort = 5000;
export const servicePort = 80;

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const reservedContainerNames: ReadonlySet<string> = new Set(['launcher', 'weights']);

export function headlessServiceName(workspace: string): string {
  return `${workspace}-headless`;
}

/** Upstream names the main container after the Workspace; only a clash with one of our init containers changes that. */
export function mainContainerName(workspace: string): string {
  const clashes = reservedContainerNames.has(workspace) || workspace.startsWith('adapter-');
  return clashes ? `${workspace.slice(0, 57)}-model` : workspace;
}

/** Adapter names are DNS subdomains, container and volume names are DNS labels; what does not fit is numbered. */
export function adapterContainerName(name: string, index: number): string {
  const candidate = `adapter-${name}`;
  return dnsLabel.test(candidate) ? candidate : `adapter-number-${index}`;
}
