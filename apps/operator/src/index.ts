/**
 * The kaito operator: brings Workspaces to life on a Kubernetes cluster.
 *
 * One round for one Workspace is: `observe` (read caches) → `planWorkspace` (pure: a printable value with reasons) →
 * write the plan's steps, then the status if it changed. `plan/` decides, `cluster/` reads and writes, `provisioner/`
 * knows where nodes come from, `admission/` judges writes before they are stored; `operator.ts` wires it all, `main.ts` reads flags and starts it.
 *
 * It refuses to know how a model is run: that is the launcher's, and a pod that is Ready has answered a request.
 */
export {
  createAdmission,
  type Admission,
  type AdmissionParts,
  type WebhookOptions,
} from './admission/admission.ts';
export type { RotationPolicy } from './admission/rotation-plan.ts';
export { createOperator, type OperatorParts } from './operator.ts';
export { parseOptions, type ListenAddress, type OperatorOptions } from './options.ts';
export { planWorkspace, type PlanSettings } from './plan/plan.ts';
export type { ConfigObservation, Observation, WorkspaceObject } from './plan/observation.ts';
export type { Plan, PlannedEvent, Step } from './plan/plan-value.ts';
export type { Cause, Planned } from './plan/cause.ts';
export { offerOfMachine } from './plan/devices.ts';
export { launchFlags, type LaunchFlags } from './plan/launch-flags.ts';
export { planServing, type ServingPlan } from './plan/serving.ts';
export { servingShape, usesGpusByEngine } from './plan/shape.ts';
export { mostMachines } from './provisioner/machines.ts';
export { planWorkspaceOffline, type DescribedNode, type OfflineQuestion } from './offline.ts';
