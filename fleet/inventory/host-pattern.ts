import { expand, longestName, mostNames } from '../../model/nodeset';

/**
 * What stands for hosts at the start of an inventory's line: a name, a node set (`web[01-50]`), Ansible's range
 * (`web[01:50]`, `db[a:f]`, `web[1:9:2]`), each with `:port` or without.
 * @throws Error with the reason, when it is none of these; TG_SELECTOR_INVALID for a node set that is wrong.
 */
export function hostPattern(text: string): { names: string[]; port?: string } {
  const match = /^((?:[^:[\]]|\[[^\]]*\])+)(?::(\d+))?$/.exec(text);
  if (!match) throw new Error(`${JSON.stringify(text)} is no name, node set or range`);
  const [, pattern = '', port] = match;
  return { names: /\[[^[\]]*:/.test(pattern) ? ansibleRange(pattern) : expand(pattern), port };
}

function ansibleRange(pattern: string): string[] {
  let names = [''];
  for (const piece of pattern.split(/(\[[^\]]*\])/)) {
    const endings = piece.startsWith('[') ? rangeOf(piece) : [piece];
    if (names[0]!.length + endings[0]!.length > longestName)
      throw new Error(`a name has at most ${longestName} characters`);
    if (names.length * endings.length > mostNames)
      throw new Error(`${pattern} is more than ${mostNames} hosts`);
    names = names.flatMap((name) => endings.map((ending) => name + ending));
  }
  return names;
}

function rangeOf(brackets: string): string[] {
  const match = /^\[(?:(\d+):(\d+)|([A-Za-z]):([A-Za-z]))(?::(\d+))?\]$/.exec(brackets);
  if (!match) throw new Error(`${brackets} is no range, as [01:50] or [a:f]`);
  const [, from, to, first, last, stepText = '1'] = match;
  const step = Number(stepText);
  const [start, end] = from && to ? [Number(from), Number(to)] : [first!.charCodeAt(0), last!.charCodeAt(0)];
  if (end < start || step < 1) throw new Error(`${brackets} runs backwards or not at all`);
  if ((end - start) / step > mostNames) throw new Error(`${brackets} is more than ${mostNames} hosts`);
  const width = from?.startsWith('0') ? from.length : 0;
  const endings: string[] = [];
  for (let value = start; value <= end; value += step)
    endings.push(from ? String(value).padStart(width, '0') : String.fromCharCode(value));
  return endings;
}
