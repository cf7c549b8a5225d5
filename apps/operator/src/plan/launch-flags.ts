import type { JsonValue, ServingShape } from '@kaito-ts/manifest-builder';
import type { ServingPlan } from './serving.ts';
import { engineArguments } from '@kaito-ts/manifest-builder';

export type LaunchFlags = Readonly<Record<string, JsonValue>>;

/** Flags that the launcher is given for this shape; inference_config.yaml wins over them in the pod. */
export function launchFlags(
  { runtime, model }: Pick<Extract<ServingPlan, { kind: 'preset' }>, 'runtime' | 'model'>,
  shape: ServingShape,
): LaunchFlags {
  return engineArguments(runtime.engine, model, shape);
}
