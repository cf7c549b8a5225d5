import { parseInferenceConfig, parseTrainingConfig, parseYamlDocuments } from '@kaito-ts/api-types';
import { describe, expect, it } from 'vitest';
import { type Answer, answersTo } from './answer.ts';
import { expectationFor, expectations, kindsNotServed, workspaceCounts } from './expectations.ts';
import { type UpstreamFile, upstreamFiles } from './upstream-manifests.ts';

interface Case {
  readonly file: UpstreamFile;
  readonly title: string;
  readonly answer: Answer;
}

const files = upstreamFiles();
const cases: readonly Case[] = files.flatMap((file) =>
  answersTo(file).map((answer) => ({
    file,
    title: `${answer.kind} of ${file.release}/${file.name}`,
    answer,
  })),
);
const workspaces = cases.filter(({ answer }) => answer.kind === 'Workspace');

describe('Workspaces of upstream releases', () => {
  it.each(workspaces)('$title', ({ file, answer }) => {
    expect(answer).toMatchObject(expectationFor(file.release, file.name));
  });

  it('are all there', () => {
    const counts = Object.groupBy(workspaces, ({ file }) => file.release);
    expect(
      Object.fromEntries(Object.entries(counts).map(([release, found]) => [release, found?.length])),
    ).toEqual(workspaceCounts);
  });

  it.each(expectations)('table entry $files is needed', ({ releases, files: patterns, issues }) => {
    const matching = workspaces.filter(
      ({ file }) => expectationFor(file.release, file.name).issues === issues,
    );
    expect(new Set(matching.map(({ file }) => file.release))).toEqual(new Set(releases));
    expect(matching.length).toBeGreaterThanOrEqual(patterns.length);
  });
});

describe('other objects of upstream releases', () => {
  it.each(cases.filter(({ answer }) => kindsNotServed.includes(answer.kind)))(
    '$title is not served yet',
    ({ answer }) => {
      expect(answer).toMatchObject({ outcome: 'notServed', issues: ['UNSUPPORTED_KIND kind'] });
    },
  );

  it('are of kinds that are not ours', () => {
    const ours = new Set(['Workspace', ...kindsNotServed]);
    const others = cases.filter(({ answer }) => !ours.has(answer.kind));
    expect(new Set(others.map(({ answer }) => answer.outcome))).toEqual(new Set(['other']));
  });
});

describe('configuration files in upstream ConfigMaps', () => {
  const data = files.flatMap((file) =>
    parseYamlDocuments(file.text).flatMap(({ value }) =>
      Object.entries((value as { data?: Readonly<Record<string, string>> }).data ?? {}).map(
        ([key, text]) => ({
          title: `${key} of ${file.release}/${file.name}`,
          key,
          text,
        }),
      ),
    ),
  );
  const inference = data.filter(({ key }) => key === 'inference_config.yaml');
  const training = data.filter(({ key }) => key === 'training_config.yaml');

  it.each(inference)('$title is read', ({ text }) => {
    const config = parseInferenceConfig(text);
    expect(config).toMatchObject({ ok: true });
    expect(new Set(config.issues.map(({ code }) => code))).toBeOneOf([new Set(), new Set(['NO_EFFECT'])]);
  });

  it.each(training)('$title is read', ({ text }) => {
    expect(parseTrainingConfig(text, 'qlora')).toMatchObject({ ok: true, issues: [] });
  });

  it('are all there', () => {
    expect({ inference: inference.length, training: training.length }).toEqual({
      inference: 18,
      training: 3,
    });
  });
});
