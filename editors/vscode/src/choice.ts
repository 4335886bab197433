// Which of the server's actions a command is about, and what it sends to have a selection rewritten. It needs no VS Code.

/** The names that the server gives to actions which take a model. */
export type Name = 'implement' | 'from_comment' | 'docstring' | 'explain';

interface Place {
  line: number;
  character: number;
}

/** Those of the actions that have this name; all of them without one. An action of a client without `resolve` has a command. */
export function named<A extends { title: string }>(actions: A[], name: Name | undefined): A[] {
  if (name === undefined) return actions;
  return actions.filter((action) => {
    const { data, arguments: direct, command } = action as {
      data?: { action?: string };
      arguments?: { action?: string }[];
      command?: { arguments?: { action?: string }[] } | string;
    };
    const nested = typeof command === 'object' ? command.arguments : direct;
    return (data ?? nested?.[0])?.action === name;
  });
}

/** The argument of `treefill.rewrite`; undefined when nothing was asked for. */
export function rewriting(
  document: { uri: string; version: number },
  range: { start: Place; end: Place },
  instruction: string | undefined,
): { uri: string; version: number; range: { start: Place; end: Place }; instruction: string } | undefined {
  const told = instruction?.trim() ?? '';
  return told === '' ? undefined : { ...document, range, instruction: told };
}
