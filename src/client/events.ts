/** Server-sent events as this service writes them: an event of one line, data of as many as it has. */
export async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: string }, void> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      const valuesOf = (field: string): string[] =>
        lines
          .filter((line) => line.startsWith(`${field}:`))
          .map((line) => line.slice(field.length + 1).trimStart());
      const [event] = valuesOf("event");
      if (event !== undefined) yield { event, data: valuesOf("data").join("\n") };
    }
  }
}
