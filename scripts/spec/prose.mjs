/** Reads the Markdown of spec/prose into blocks and sentences. Knows just as much Markdown as the linter needs. */

export const idPattern = 'PV-[A-Z][A-Z0-9]{1,5}-\\d{3}';
const marker = new RegExp(`\\*\\*(${idPattern})\\*\\*\\s*\\{([^}]*)\\}`, 'y');
const abbreviation = /\b(e\.g|i\.e|cf|vs|etc|approx|no|sec|fig)\.$/i;
const sentenceEnd = /[.!?]["'”’)\]*_]*(?=\s|$)/g;
const hidden = '\u0001';

/**
 * @param markdown one prose file
 * @returns blocks in order: `kind` is text, item, row, heading or fence; `line` counts from 1; a fence has `info` and its raw `text`
 */
export function parseBlocks(markdown) {
  const lines = withoutComments(markdown).split('\n');
  const blocks = [];
  let open;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at].replace(/^(\s*>)+ ?/, '');
    const fence = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
    if (fence) {
      const end = lines.findIndex((text, i) => i > at && text.trim() === fence[1]);
      const last = end === -1 ? lines.length : end;
      blocks.push({
        kind: 'fence',
        line: at + 1,
        info: fence[2].trim(),
        text: lines.slice(at + 1, last).join('\n'),
        isOpen: end === -1,
      });
      at = last;
      open = undefined;
    } else open = addLine(blocks, open, { line, number: at + 1 });
  }
  return blocks;
}

function addLine(blocks, open, { line, number }) {
  const text = line.trim();
  if (text === '' || /^\|?[\s:|-]+\|?$/.test(text)) return undefined;
  const kind = kindOf(line);
  if (kind === 'text' && open && open.kind !== 'heading' && open.kind !== 'row') {
    open.text += `\n${text}`;
    return open;
  }
  blocks.push({ kind, line: number, text: kind === 'item' ? text.replace(/^([-*+]|\d+[.)])\s+/, '') : text });
  return blocks.at(-1);
}

function kindOf(line) {
  if (/^#{1,6}\s/.test(line)) return 'heading';
  if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) return 'item';
  if (/^\s*\|/.test(line)) return 'row';
  return 'text';
}

const withoutComments = (markdown) => markdown.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ' '));

/**
 * @param block a block that is no fence
 * @returns its sentences: `markers` are the ids written directly before it, `text` is one line without them,
 *   `plain` is the same with code and quoted words blanked out, `line` is where it begins
 */
export function sentencesOf(block) {
  const raw = block.kind === 'row' ? block.text.replaceAll('|', ' ') : block.text;
  const masked = raw.replace(/`[^`]*`|"[^"\n]{1,30}"|“[^”\n]{1,30}”/g, (code) => code.replace(/[^\n]/g, hidden));
  const sentences = [];
  let at = 0;
  while (at < raw.length) {
    const { markers, end: start } = markersAt(raw, at);
    const end = endOfSentence(raw, masked, start);
    const line = block.line + raw.slice(0, start).split('\n').length - 1;
    const text = oneLine(raw.slice(start, end));
    if (text || markers.length > 0) sentences.push({ markers, line, text, plain: oneLine(masked.slice(start, end)) });
    at = end;
  }
  return sentences;
}

function markersAt(raw, from) {
  const markers = [];
  let end = from;
  for (;;) {
    while (/\s/.test(raw[end] ?? '')) end++;
    marker.lastIndex = end;
    const found = marker.exec(raw);
    if (!found) return { markers, end };
    markers.push({ id: found[1], attributes: found[2].trim() });
    end = marker.lastIndex;
  }
}

function endOfSentence(raw, masked, start) {
  const nextMarker = nextMarkerAfter(raw, start);
  sentenceEnd.lastIndex = start;
  for (let stop = sentenceEnd.exec(masked); stop; stop = sentenceEnd.exec(masked)) {
    const end = sentenceEnd.lastIndex;
    if (end > nextMarker) break;
    const continues =
      /^\s+[a-z]/.test(masked.slice(end, end + 20)) || abbreviation.test(masked.slice(start, stop.index + 1));
    if (!continues) return end;
  }
  return nextMarker;
}

function nextMarkerAfter(raw, start) {
  const anywhere = new RegExp(marker.source, 'g');
  anywhere.lastIndex = start;
  return anywhere.exec(raw)?.index ?? raw.length;
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
