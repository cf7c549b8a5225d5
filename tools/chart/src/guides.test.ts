import { describe, expect, test } from 'vitest';
import { blockKinds, fencedBlocks, guides, inlineCommands } from './guides.ts';

const notCommands = ['yaml', 'json'];

describe.each(guides)('%s', (guide) => {
  test('has no block that is neither run nor data', () => {
    const known: ReadonlySet<string> = new Set([...blockKinds, ...notCommands]);
    const others = fencedBlocks(guide).filter(({ kind }) => !known.has(kind));
    expect(others).toEqual([]);
  });

  test('has no command within a sentence whose arguments the tests cannot know', () => {
    expect(inlineCommands(guide).filter((command) => /\b[A-Z]{2,}\b|…|\.\.\./.test(command))).toEqual([]);
  });
});
