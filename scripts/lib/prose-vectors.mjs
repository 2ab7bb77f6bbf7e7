/** Fills the fenced examples of the prose that show a part of a vector, so that no example can be wrong. */

const fence = /^```(json|text) vector=([\w-]+)\/([\w.-]+)#(\S*)\n(?:[^`][^\n]*\n|\n)*?```$/gm;

/**
 * A fence ```text vector=format/name#/pointer``` holds that part of the vector: a string as it is, an object as
 * `name: value` lines; a json fence holds it as JSON.
 *
 * @param markdown one prose file
 * @param formats vectors by format
 * @returns the file with every such fence filled
 */
export function fillProse(markdown, formats) {
  return markdown.replace(fence, (...match) => {
    const [, language, format, name, pointer] = match;
    const vector = formats[format]?.find((candidate) => candidate.name === name);
    if (!vector) throw new Error(`the prose shows ${format}/${name}, which is no vector`);
    const part = pointer
      .split('/')
      .slice(1)
      .reduce((value, key) => value?.[key], vector);
    if (part === undefined) throw new Error(`${format}/${name} has no ${pointer}`);
    return `\`\`\`${language} vector=${format}/${name}#${pointer}\n${show(part, language)}\n\`\`\``;
  });
}

function show(part, language) {
  if (language === 'json') return JSON.stringify(part, null, 2);
  if (typeof part !== 'object') return String(part);
  return Object.entries(part)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
