// The settings that go to the server: only those that somebody set, so that defaults of VS Code never hide the user's own
// configuration file.

/** What `WorkspaceConfiguration.inspect` tells, as much of it as is used. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** Settings of the extension itself. */
const OWN = ['treefill.server.', 'treefill.languages'];

/** The server's settings among those that package.json declares. */
export function serverSettings(packageJson: unknown): string[] {
  const { contributes } = packageJson as { contributes: { configuration: { properties: object }[] } };
  const names = contributes.configuration.flatMap((category) => Object.keys(category.properties));
  return names.filter((name) => !OWN.some((own) => name.startsWith(own)));
}

/** The server's name of a setting: VS Code shows `maxTokens` as “Max Tokens”, the server calls it `max_tokens`. */
export function serverName(shown: string): string {
  return shown.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * `{section: {key: value}}` of the settings that are set. Every section is there even when nothing is set in it: an empty
 * object would leave the server with what it was sent before.
 */
export function collect(
  names: string[],
  inspect: (name: string) => Inspected | undefined,
  trusted: boolean,
): Record<string, Record<string, unknown>> {
  const out: Record<string, Record<string, unknown>> = {};
  for (const name of names) {
    const [own, section, shown] = name.split('.') as [string, string, string];
    const values = (out[section] ??= {});
    const key = serverName(shown);
    const isSet = (it: Inspected | undefined) =>
      [it?.globalValue, it?.workspaceValue, it?.workspaceFolderValue].some((value) => value !== undefined);
    // Before, they were named here as the server names them.
    const found = [inspect(name), inspect(`${own}.${section}.${key}`)].find(isSet);
    const ofWorkspace = trusted ? (found?.workspaceFolderValue ?? found?.workspaceValue) : undefined;
    const value = ofWorkspace ?? found?.globalValue;
    if (value !== undefined) values[key] = value;
  }
  return out;
}
