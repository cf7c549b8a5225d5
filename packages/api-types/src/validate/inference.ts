import { error, type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import type { InferenceSpec } from '../schema/inference.ts';
import { adapterIssues } from './adapters.ts';
import { podTemplateIssues } from './pod-template.ts';
import { presetWarnings } from './preset.ts';

/** Rules about what is served. */
export function inferenceIssues(inference: InferenceSpec): readonly FieldIssue[] {
  const { preset, template, adapters = [] } = inference;
  return [
    ...choiceIssues(inference),
    ...(preset ? presetWarnings(preset, 'inference.preset') : []),
    ...(template ? podTemplateIssues(template, 'inference.template') : []),
    ...(template && !preset ? withoutEffect(inference) : []),
    ...adapterIssues(adapters, 'inference.adapters'),
  ];
}

function choiceIssues({ preset, template }: InferenceSpec): readonly FieldIssue[] {
  if (!preset && !template) {
    return [error('inference', issueCodes.exactlyOne, 'Preset or Template must be specified')];
  }
  if (preset && template) {
    const message = 'Preset and Template cannot be set at the same time';
    return [error('inference.template', issueCodes.exactlyOne, message)];
  }
  return [];
}

function withoutEffect({ config, adapters }: InferenceSpec): readonly FieldIssue[] {
  const message = 'does nothing beside a pod template, which brings its own settings';
  return [
    ...(config ? [warning('inference.config', issueCodes.noEffect, message, config)] : []),
    ...(adapters?.length ? [warning('inference.adapters', issueCodes.noEffect, message)] : []),
  ];
}
