import { parseWorkspace, type RuntimeName, type Workspace } from '@kaito-ts/api-types';
import type { SizingSettings } from '@kaito-ts/gpu-sizing';
import {
  mostMachines,
  planServing,
  usesGpusByEngine,
  type Cause,
  type ServingPlan,
} from '@kaito-ts/operator';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';
import { offersOf, type MachineOffer, type OfferWish } from './offers.ts';

type PresetServing = Extract<ServingPlan, { kind: 'preset' }>;

/** What `kaito plan` is asked, with everything resolved. */
export interface PlanQuestion {
  readonly serving: PresetServing;
  readonly runtime: { readonly engine: RuntimeName; readonly version: string };
  readonly settings: SizingSettings;
  readonly offers: readonly MachineOffer[];
  readonly mostNodes: number;
  readonly highestPrice: number | undefined;
}

/** Options of the command that change the question; they win over the manifest. */
export interface PlanWish extends Omit<OfferWish, 'usesGpus' | 'partition' | 'spot'> {
  readonly any?: boolean | undefined;
  readonly nodes?: number | undefined;
  readonly runtimeVersion?: string | undefined;
  readonly highestPrice?: number | undefined;
  readonly spot?: boolean | undefined;
  readonly settings?: SizingSettings;
}

export interface PlanSubject {
  readonly workspace: Workspace;
  /** Text of the ConfigMap that `inference.config` names; without it the question is asked as if there were none. */
  readonly config: string | undefined;
  readonly defaultRuntime: RuntimeName;
}

/** More nodes than this are seldom the cheapest of many machines; for one machine the operator's own limit holds. */
const mostNodesOfMany = 4;

/** Resolves a Workspace as the operator does; throws a CommandError with the operator's own cause. */
export function planQuestion(catalogue: Catalogue, subject: PlanSubject, wish: PlanWish): PlanQuestion {
  const { workspace, config, defaultRuntime } = subject;
  const serving = planServing(
    workspace,
    config === undefined
      ? undefined
      : { name: workspace.inference?.config ?? 'config', state: 'present', content: config },
    { catalogue, defaultRuntime, runtimeImages: new Map() },
  );
  if (!serving.ok) throw refused(serving.cause);
  if (serving.value.kind === 'template')
    throw badInput(
      'NO_MODEL',
      'a pod template says itself what it needs',
      'give --model ID, or -f FILE with inference.preset.name',
    );
  const preset = serving.value;
  const { engine, version } = preset.runtime;
  const everywhere =
    wish.any === true ||
    (wish.instanceType === undefined && wish.gpu === undefined && wish.gpuMemoryBytes === undefined);
  const named = everywhere && wish.any !== true ? workspace.resource?.instanceType : undefined;
  const offers = offersOf(catalogue, {
    ...(!everywhere && wish),
    ...(named !== undefined && { instanceType: named }),
    provider: wish.provider,
    usesGpus: usesGpusByEngine[engine],
    partition: workspace.resource?.partition,
    spot: wish.spot === true,
  });
  return {
    serving: preset,
    runtime: { engine, version: wish.runtimeVersion ?? version },
    settings: { ...preset.settings, ...wish.settings },
    offers,
    mostNodes: wish.nodes ?? (offers.length === 1 ? mostMachines : mostNodesOfMany),
    highestPrice: wish.highestPrice,
  };
}

/** A Workspace that names this model and nothing else. */
export function workspaceOfModel(name: string): Workspace {
  const parsed = parseWorkspace({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'plan' },
    resource: { labelSelector: { matchLabels: { apps: 'plan' } } },
    inference: { preset: { name } },
  });
  if (parsed.ok) return parsed.value;
  throw badInput(
    'BAD_MODEL_NAME',
    parsed.issues[0]?.message ?? `${name} is no name`,
    'kaito models lists names',
  );
}

function refused({ reason, cause, nextStep }: Cause): CommandError {
  return badInput(reason, cause, nextStep);
}

function badInput(code: string, message: string, next: string): CommandError {
  return new CommandError({ code, message, next, exitCode: exitCodes.badInput });
}
