import { join } from 'node:path';
import type { PodGround } from '../containers/mounts.ts';
import { ConfigurationError } from '../pod/configuration-error.ts';
import { podName, type PodFacts } from '../pod/facts.ts';
import type { Pod } from '../pod/pod.ts';
import { prepareVolumes, refreshVolumes, type VolumeContext } from '../volumes/volumes.ts';
import type { NodeServices } from './services.ts';

export interface GroundworkOptions {
  readonly services: NodeServices;
  readonly podDirectory: string;
  /** The pod as last seen. */
  readonly pod: () => Pod;
}

/** Lays what a pod's containers stand on, its address and its volumes, and keeps the volumes fresh. */
export class Groundwork {
  readonly #options: GroundworkOptions;
  #state: PodFacts['preparation'] = 'none';
  #ground: PodGround | undefined;
  #refresh: NodeJS.Timeout | undefined;
  #isFrozen = false;

  constructor(options: GroundworkOptions) {
    this.#options = options;
  }

  get state(): PodFacts['preparation'] {
    return this.#state;
  }

  /** Undefined until it is laid. */
  get ground(): PodGround | undefined {
    return this.#ground;
  }

  /** Never throws: what is wrong is in the state, with the time for another try. */
  async lay(): Promise<void> {
    const { services, pod } = this.#options;
    const { addresses, hostIP, refreshMilliseconds } = services;
    const { metadata, spec, status } = pod();
    this.#state = 'running';
    try {
      const podIP = spec.hostNetwork === true ? hostIP : addresses.assign(metadata.uid ?? '', status?.podIP);
      const volumes = await prepareVolumes(this.#volumeContext(podIP));
      this.#ground = { podIP, volumes };
      this.#state = 'done';
      if (!this.#isFrozen)
        this.#refresh = setInterval(() => void this.#refreshVolumes(podIP), refreshMilliseconds);
    } catch (error) {
      this.#state = this.#failure(error as Error);
    }
  }

  /** The volumes stay as they are from now on. */
  freeze(): void {
    this.#isFrozen = true;
    clearInterval(this.#refresh);
  }

  #failure(error: Error): PodFacts['preparation'] {
    const { services, pod } = this.#options;
    const { message } = error;
    const isReason = error instanceof ConfigurationError && error.reason !== 'ContainerCreating';
    services.log.warn({ pod: podName(this.#options.pod()), error: message }, 'pod cannot be prepared');
    services.events.warning(pod(), 'FailedMount', message);
    const retryAt = services.host.now() + services.retryMilliseconds;
    return { retryAt, message, ...(isReason && { reason: error.reason }) };
  }

  async #refreshVolumes(podIP: string): Promise<void> {
    const { log } = this.#options.services;
    try {
      const changed = await refreshVolumes(this.#volumeContext(podIP));
      if (changed.length > 0)
        log.info({ pod: podName(this.#options.pod()), volumes: changed }, 'volumes updated');
    } catch (error) {
      // Like a real node: the running pod keeps what it has.
      log.warn(
        { pod: podName(this.#options.pod()), error: (error as Error).message },
        'volumes cannot be updated',
      );
    }
  }

  #volumeContext(podIP: string): VolumeContext {
    const { services, pod, podDirectory } = this.#options;
    const { sources, hostIP, allocatable, images } = services;
    return {
      pod: pod(),
      sources,
      facts: { hostIP, podIP, allocatable },
      directory: join(podDirectory, 'volumes'),
      imageRoot: async (reference) => images.root(reference),
    };
  }
}
