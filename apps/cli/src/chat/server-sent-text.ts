/** The text deltas of an OpenAI chat completion stream; ends at `[DONE]` or with the body. */
export async function* streamedText(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : '';
      if (data === '[DONE]') return;
      if (data !== '') yield deltaOf(data);
    }
  }
}

function deltaOf(data: string): string {
  const event = JSON.parse(data) as { choices?: readonly { delta?: { content?: string | null } }[] };
  return event.choices?.[0]?.delta?.content ?? '';
}
