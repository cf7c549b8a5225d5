/**
 * The shape of every object that a Workspace becomes, as pure functions.
 *
 * Knows: how a serving pod is laid out (volumes, init containers, the launcher's environment, probes, the `restricted`
 * security level), where it may run, and what the workload and Services around it look like. `src/golden/*.golden.yaml`
 * shows all of it.
 *
 * Refuses to know: the API server, what is live, status, how a shape was chosen, clocks and environment variables.
 *
 * Nouns: an `InferenceInput` (Workspace × model × shape × settings) becomes `InferenceObject`s; its `revision` changes
 * exactly when the pods have to.
 */
export { buildInference, revisionOf } from './inference.ts';
export type {
  DeviceRequest,
  InferenceInput,
  InferenceObject,
  JsonValue,
  PresetServing,
  RolloutStrategy,
  RuntimeChoice,
  ServingShape,
  TemplateServing,
  WorkloadObject,
} from './input.ts';
export { headlessServiceName, mainContainerName, paths, servicePort, servingPort } from './layout.ts';
export { engineArguments } from './engine-arguments.ts';
export { servedModelName } from './environment.ts';
export { defaultTolerations, nodeRequirementsOf, tolerationsOf } from './placement.ts';
export { startupBudgetSeconds } from './probes.ts';
export { fingerprint } from './revision.ts';
