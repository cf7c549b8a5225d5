import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import type { TuningInput, TuningOutput, TuningSpec } from '../schema/tuning.ts';
import type { Workspace } from '../schema/workspace.ts';
import { presetWarnings } from './preset.ts';
import { sourceUrlProblem } from './source-url.ts';
import { volumeSourceIssues } from './volume-source.ts';

/** Rules about a fine-tuning job. */
export function tuningIssues({ resource }: Workspace, tuning: TuningSpec): readonly FieldIssue[] {
  return [
    ...resourceIssues(resource),
    ...presetWarnings(tuning.preset, 'tuning.preset'),
    ...inputIssues(tuning.input, 'tuning.input'),
    ...outputIssues(tuning.output, 'tuning.output'),
  ];
}

function resourceIssues(resource: Workspace['resource']): readonly FieldIssue[] {
  if (!resource) return [error('resource', issueCodes.required, 'resource is required for tuning')];
  const issues: FieldIssue[] = [];
  if (resource.count !== undefined && resource.count > 1) {
    const message = 'tuning does not run in multinode configurations: count must be 1';
    issues.push(error('resource.count', issueCodes.outOfRange, message, resource.count));
  }
  if (resource.partition) {
    issues.push(error('resource.partition', issueCodes.notAllowed, 'not supported for tuning workloads'));
  }
  return issues;
}

function inputIssues({ urls = [], volumeSource, image }: TuningInput, at: string): readonly FieldIssue[] {
  const sources = [urls.length > 0, volumeSource !== undefined, Boolean(image)].filter(Boolean).length;
  if (sources !== 1) {
    return [error(at, issueCodes.exactlyOne, 'exactly one of urls, volumeSource and image must be set')];
  }
  const urlIssues = urls.flatMap((url, index) => {
    const problem = sourceUrlProblem(url);
    return problem ? [error(`${at}.urls[${index}]`, problem.code, problem.message, url)] : [];
  });
  return volumeSource ? volumeSourceIssues(volumeSource, `${at}.volumeSource`) : urlIssues;
}

function outputIssues(
  { volumeSource, image, imagePushSecret }: TuningOutput,
  at: string,
): readonly FieldIssue[] {
  if ((volumeSource !== undefined) === Boolean(image)) {
    return [error(at, issueCodes.exactlyOne, 'exactly one of volumeSource and image must be set')];
  }
  if (volumeSource) return volumeSourceIssues(volumeSource, `${at}.volumeSource`);
  if (imagePushSecret) return [];
  return [
    error(`${at}.imagePushSecret`, issueCodes.required, 'imagePushSecret is required when image is set'),
  ];
}
