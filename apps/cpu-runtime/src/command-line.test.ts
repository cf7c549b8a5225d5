import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

describe('parseCommandLine', () => {
  it("reads the launcher's command line", () => {
    const settings = parseCommandLine(
      '--model base.gguf --alias tiny --host 127.0.0.1 --port 5001 --threads 2 --ctx-size 2048 -np 2 --lora-scaled a:b.gguf:0.5,c.gguf:1'.split(
        ' ',
      ),
    );
    expect(settings).toMatchObject({
      model: 'base.gguf',
      alias: 'tiny',
      host: '127.0.0.1',
      port: 5001,
      threads: 2,
      contextTokens: 2048,
      parallel: 2,
      loras: [
        { filePath: 'a:b.gguf', scale: 0.5 },
        { filePath: 'c.gguf', scale: 1 },
      ],
    });
  });

  it('has defaults for everything but the model', () => {
    expect(parseCommandLine(['-m', 'base.gguf'])).toMatchObject({
      alias: 'base.gguf',
      host: '127.0.0.1',
      port: 8080,
      contextTokens: 0,
      parallel: 1,
      loras: [],
      defaults: { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 },
    });
  });
});
