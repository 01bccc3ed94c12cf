/** Query strings. */

/** What is given, as parameters. */
export function parametersOf(fields: object): URLSearchParams {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
}
