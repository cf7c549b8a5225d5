/**
 * A node agent that takes pods from any Kubernetes API server and runs their containers as processes of this machine,
 * and the local image store that it takes their files from.
 *
 * The nouns: a *plan* (`pod/plan.ts`, pure) says what to do next with one pod and why; a *worker* (`agent/`) observes,
 * plans and applies; a *runner* starts, probes and ends one container; the *ledger* (`process/`) remembers every
 * process on disk, so that a later agent finds what a killed one left; the *translator* (`paths/`) turns paths of the
 * container into paths of this host.
 *
 * What it cannot do, because there are no containers: processes see the whole host. Paths are translated only where
 * they are a whole word or value (or what follows its first `=`); a pod that needs more is refused with the reason
 * `PathNotTranslatable`. Limits of CPU and memory, users, capabilities and read-only mounts are not enforced, and every
 * pod shares the host's network: an address of its own, but a port bound on 0.0.0.0 is taken for all. A process that
 * leaves its session, its parents and its environment behind, all three, is not found again. It is for development and
 * trusted workloads.
 *
 * It knows nothing of Workspaces, models, or whose API server it talks to.
 */
export { startNodeAgent, type NodeAgent } from './agent/node-agent.ts';
export {
  compileOptions,
  OptionError,
  type NodeAgentOptions,
  type RawNodeAgentOptions,
} from './agent/options.ts';
export { StateInUseError } from './agent/state-lock.ts';
export { PodAddressError } from './node/pod-addresses.ts';
export { ImageError, isImageNotFound, type ImageErrorCode } from './images/image-error.ts';
export { ProgramTableError, readProgramTable, type ProgramEntry } from './images/programs.ts';
export { parseReference, type ImageReference } from './images/reference.ts';
export {
  openImageStore,
  type BuildRequest,
  type ImageConfig,
  type ImageStore,
  type StoredImage,
} from './images/store.ts';
export {
  createTranslator,
  type PathMapping,
  type PathTranslator,
  type TranslatorOptions,
} from './paths/translator.ts';
export { planPod, type PodAction, type PodPlan } from './pod/plan.ts';
export type { ContainerFacts, ContainerPhase, PodFacts } from './pod/facts.ts';
