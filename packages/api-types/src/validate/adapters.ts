import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import type { Adapter, AdapterSource } from '../schema/inference.ts';
import { volumeSourceIssues } from './volume-source.ts';

/** Adapters: names of their own, one source each, strength from 0 to 1. Checked on creation already, not only later. */
export function adapterIssues(adapters: readonly Adapter[], at: string): readonly FieldIssue[] {
  const each = adapters.flatMap((adapter, index) => [
    ...sourceIssues(adapter.source, `${at}[${index}].source`),
    ...strengthIssues(adapter.strength, `${at}[${index}].strength`),
  ]);
  return [...each, ...duplicateNames(adapters, at)];
}

function sourceIssues(source: AdapterSource, at: string): readonly FieldIssue[] {
  if (source.urls?.length) {
    const message = 'URLs are not supported for adapters; use image or volumeSource';
    return [error(`${at}.urls`, issueCodes.notAllowed, message, source.urls)];
  }
  if (Boolean(source.image) === Boolean(source.volumeSource)) {
    return [error(at, issueCodes.exactlyOne, 'exactly one of image and volumeSource must be set')];
  }
  return source.volumeSource ? volumeSourceIssues(source.volumeSource, `${at}.volumeSource`) : [];
}

function strengthIssues(strength: string | undefined, at: string): readonly FieldIssue[] {
  if (strength === undefined) return [];
  const value = Number(strength);
  return value >= 0 && value <= 1
    ? []
    : [error(at, issueCodes.outOfRange, 'must be between 0 and 1', strength)];
}

function duplicateNames(adapters: readonly Adapter[], at: string): readonly FieldIssue[] {
  const first = new Map<string, number>();
  return adapters.flatMap(({ source: { name } }, index) => {
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `Duplicate adapter source name found; adapter ${before} has it already`;
    return [error(`${at}[${index}].source.name`, issueCodes.duplicate, message, name)];
  });
}
