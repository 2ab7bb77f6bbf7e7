import { createHash } from 'node:crypto';
import { Markup, html } from './markup.js';
import { style } from './style.js';
import type { Words } from './words.js';

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;
/** Exactly what was hashed. */
const styled = new Markup(`<style>${style}</style>`);

/** One whole page that needs nothing from anywhere, and would get nothing. */
export function pageFrame(words: Words, { title, main }: { title: string; main: Markup }): string {
  const { language, direction } = words;
  return html`<!doctype html>
    <html lang="${language}" dir="${direction}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${styled}
      </head>
      <body>
        ${main}
      </body>
    </html> `.text;
}
