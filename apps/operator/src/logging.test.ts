import { describe, expect, test } from 'vitest';
import { createLogger } from './logging.ts';

describe('a line of the log', () => {
  test('is one JSON object with a level in words, a time and what it is about', () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ logLevel: 'info', version: '1.2.3' }, stream);
    logger.info({ workspace: 'default/phi', step: 'apply' }, 'writing');
    logger.debug('not this one');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    const { ts, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toEqual({
      level: 'info',
      version: '1.2.3',
      workspace: 'default/phi',
      step: 'apply',
      msg: 'writing',
    });
    expect(ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});
