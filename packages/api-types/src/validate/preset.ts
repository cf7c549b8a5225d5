import { type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import type { PresetSpec } from '../schema/preset.ts';

/** Fields of older releases that are read and do nothing. */
export function presetWarnings({ accessMode, presetOptions }: PresetSpec, at: string): readonly FieldIssue[] {
  const issues: FieldIssue[] = [];
  if (accessMode === 'private') {
    const message = 'does nothing: a gated model is opened by presetOptions.modelAccessSecret';
    issues.push(warning(`${at}.accessMode`, issueCodes.noEffect, message, accessMode));
  }
  if (presetOptions?.image) {
    const message = 'does nothing: weights come from where the model record says';
    issues.push(warning(`${at}.presetOptions.image`, issueCodes.noEffect, message, presetOptions.image));
  }
  if (presetOptions?.imagePullSecrets?.length) {
    const message = 'does nothing: there is no preset image to pull';
    issues.push(warning(`${at}.presetOptions.imagePullSecrets`, issueCodes.noEffect, message));
  }
  return issues;
}
