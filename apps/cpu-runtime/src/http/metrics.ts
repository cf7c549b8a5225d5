import type { Engine } from '../engine/engine.ts';
import type { Finish } from '../generate/generate-text.ts';

/** Counters under the names that llama-server gives them. */
export interface Metrics {
  count(finish: Finish): void;
  render(engine: Engine | undefined): string;
}

export function createMetrics(): Metrics {
  let promptTokens = 0;
  let generatedTokens = 0;
  return {
    count(finish) {
      promptTokens += finish.promptTokens - finish.cachedTokens;
      generatedTokens += finish.completionTokens;
    },
    render(engine) {
      const { running, waiting } = engine?.load() ?? { running: 0, waiting: 0 };
      return [
        ...family('prompt_tokens_total', 'counter', 'Prompt tokens evaluated.', promptTokens),
        ...family('tokens_predicted_total', 'counter', 'Tokens generated.', generatedTokens),
        ...family('requests_processing', 'gauge', 'Requests being answered.', running),
        ...family('requests_deferred', 'gauge', 'Requests waiting for a sequence.', waiting),
        '',
      ].join('\n');
    },
  };
}

function family(name: string, type: string, help: string, value: number): readonly string[] {
  return [`# HELP llamacpp:${name} ${help}`, `# TYPE llamacpp:${name} ${type}`, `llamacpp:${name} ${value}`];
}
