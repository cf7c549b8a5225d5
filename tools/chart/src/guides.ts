import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const repository: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The guides whose every command is run. */
export const guides = ['install.md', 'operations.md', 'migrate-from-upstream.md'] as const;
export type Guide = (typeof guides)[number];

/**
 * Where and how a block is run, by the words after its language: `sh` on a control plane with played nodes, to its end;
 * `sh until-stopped` there, until it is up; `sh on-a-node` where images are built and pods are containers.
 */
export const blockKinds = ['sh', 'sh until-stopped', 'sh on-a-node'] as const;
export type BlockKind = (typeof blockKinds)[number];

export interface Block {
  readonly heading: string;
  readonly script: string;
  readonly kind: BlockKind;
}

interface AnyBlock extends Omit<Block, 'kind'> {
  readonly kind: string;
}

/** The blocks of a guide that are commands. */
export function blocksOf(guide: Guide): readonly Block[] {
  return fencedBlocks(guide).flatMap((block) => {
    const kind = blockKinds.find((each) => each === block.kind);
    return kind === undefined ? [] : [{ ...block, kind }];
  });
}

/** Whatever stands between fences, whether it is run or not. */
export function fencedBlocks(guide: Guide): readonly AnyBlock[] {
  const text = read(guide);
  return [...text.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', kind = '', body = ''] = match;
    const headings = [...text.slice(0, match.index).matchAll(/^#+ (.*)$/gm)];
    const script = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim();
    return { heading: headings.at(-1)?.[1] ?? '', script, kind };
  });
}

/** Commands within a sentence, those with at least one argument. */
export function inlineCommands(guide: Guide): readonly string[] {
  const text = read(guide).replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
  const codes = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return codes.filter((code) => /^(?:kubectl|helm|npm|curl) \S+ /.test(code));
}

function read(guide: Guide): string {
  return readFileSync(`${repository}/docs/${guide}`, 'utf8');
}
