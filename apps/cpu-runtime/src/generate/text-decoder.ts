/** Turns tokens into text piece by piece; a character spread over several tokens comes out whole. */
export class TokenTextDecoder {
  readonly #detokenize: (tokens: readonly number[]) => string;
  readonly #tokens: number[] = [];
  #contextStart = 0;
  #done = 0;

  constructor(detokenize: (tokens: readonly number[]) => string) {
    this.#detokenize = detokenize;
  }

  /** The text that this token completes, '' while a character is unfinished. */
  push(token: number): string {
    this.#tokens.push(token);
    const text = this.#pending();
    if (text.endsWith('\uFFFD') && this.#tokens.length - this.#done < longestCharacterTokens) return '';
    return this.#commit(text);
  }

  /** What is left when no more tokens come. */
  flush(): string {
    return this.#commit(this.#pending());
  }

  /** Decoded behind its predecessors, because some tokenizers drop a leading space. */
  #pending(): string {
    const before = this.#detokenize(this.#tokens.slice(this.#contextStart, this.#done));
    return this.#detokenize(this.#tokens.slice(this.#contextStart)).slice(before.length);
  }

  #commit(text: string): string {
    this.#contextStart = this.#done;
    this.#done = this.#tokens.length;
    return text;
  }
}

/** UTF-8 needs four bytes at most; a byte token that never completes must not hold the stream. */
const longestCharacterTokens = 4;
