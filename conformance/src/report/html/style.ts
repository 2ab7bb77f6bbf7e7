/** The look of the pages. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --card: #ffffff; --ink: #1d2126; --soft: #5d6670; --line: #e2dfd8; --code: #f3f1ec;
  --good: #16794a; --good-soft: #e2f3ea; --bad: #b3261e; --bad-soft: #fbe7e5; --open: #8a5a00; --open-soft: #fbf0d9; --link: #1f5fa8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --card: #1c2126; --ink: #e6e4df; --soft: #a0a8b0; --line: #323940; --code: #262c33;
    --good: #6ed3a0; --good-soft: #16352a; --bad: #ff8f86; --bad-soft: #43201e; --open: #f0be62; --open-soft: #3b2d12; --link: #8bbcf5;
  }
}
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--ink); font: 16px/1.65 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; -webkit-text-size-adjust: 100%; }
html[lang="fa"] { font-family: Vazirmatn, Vazir, "Noto Naskh Arabic", "Segoe UI", Tahoma, "DejaVu Sans", sans-serif; line-height: 1.9; }
[lang="en"] { font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
body { margin: 0; overflow-wrap: anywhere; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
main.wide { max-width: none; }
h1 { font-size: 1.9rem; line-height: 1.35; margin: 0.4rem 0 0.6rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 3rem 0 0.3rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 0 0 0.6rem; line-height: 1.6; }
h3 [dir="ltr"] { display: block; text-align: left; }
p { margin: 0.3rem 0 0.8rem; }
a { color: var(--link); }
code, pre { font: 0.86em/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 0.5rem; padding: 0.8rem 1rem; margin: 0.3rem 0 0.9rem; max-height: 24rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; text-align: left; }
.eyebrow { color: var(--soft); font-size: 0.95rem; margin: 0; }
.soft { color: var(--soft); }
.verdict { border-radius: 1rem; padding: 1.6rem 1.8rem; background: var(--open-soft); border-inline-start: 0.5rem solid var(--open); }
.verdict.conformant { background: var(--good-soft); border-color: var(--good); }
.verdict.not-conformant { background: var(--bad-soft); border-color: var(--bad); }
.verdict p:last-child { margin-bottom: 0; }
.bar { display: block; width: 100%; height: 0.7rem; border-radius: 0.35rem; margin: 1.4rem 0 0.6rem; background: var(--line); }
[dir="rtl"] .bar { transform: scaleX(-1); }
.bar .pass, .bar .info { fill: var(--good); } .bar .fail { fill: var(--bad); } .bar .warn, .bar .flaky, .bar .blocked, .bar .error { fill: var(--open); }
.bar .not-run, .bar .unclaimed { fill: var(--line); }
ul.counts { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; list-style: none; margin: 0 0 1.6rem; padding: 0; font-size: 0.95rem; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 0.9rem 2rem; margin: 0; }
dl.facts dt, dl.pair dt { color: var(--soft); font-size: 0.85rem; }
dl.facts dd, dl.pair dd { margin: 0; overflow-wrap: anywhere; }
dl.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 0.6rem 2rem; margin: 0.4rem 0 0.8rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.8rem; padding: 1.2rem 1.4rem; margin: 0.9rem 0; }
.matrix { overflow-wrap: normal; }
.card.bad { border-inline-start: 0.3rem solid var(--bad); } .card.open { border-inline-start: 0.3rem solid var(--open); }
.verdict, .card.bad, .card.open { border-start-start-radius: 0.2rem; border-end-start-radius: 0.2rem; }
.tags { display: flex; flex-wrap: wrap; gap: 0.3rem 0.9rem; font-size: 0.88rem; color: var(--soft); margin: 0 0 0.7rem; }
.tag { color: var(--soft); }
.tag.fail, .fail-text { color: var(--bad); } .tag.pass { color: var(--good); } .tag.warn, .tag.flaky, .tag.blocked, .tag.error { color: var(--open); }
.not-conformant-text { color: var(--bad); } .conformant-text { color: var(--good); } .incomplete-text { color: var(--open); }
details { border-top: 1px solid var(--line); padding: 0.45rem 0; }
details:last-child { padding-bottom: 0; }
summary { cursor: pointer; }
summary h2 { display: inline; }
section > details { border: 0; margin-top: 3rem; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 0.2rem; }
.scroll { overflow-x: auto; position: relative; }
table { border-collapse: collapse; width: 100%; font-size: 0.93rem; }
th, td { text-align: start; padding: 0.4rem 0.8rem 0.4rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
[dir="rtl"] th, [dir="rtl"] td { padding: 0.4rem 0 0.4rem 0.8rem; }
th { color: var(--soft); font-weight: 500; }
tbody th { color: inherit; font-weight: 600; }
td.number { white-space: nowrap; }
.matrix th, .matrix td { padding: 0.45rem 0.5rem; text-align: center; vertical-align: middle; border-inline-end: 1px solid var(--line); }
.matrix tbody th { text-align: start; position: sticky; inset-inline-start: 0; background: var(--card); min-width: 15rem; }
.matrix thead th { vertical-align: bottom; }
.matrix thead .turned span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12rem; text-align: start; }
.matrix td.good { background: var(--good-soft); color: var(--good); } .matrix td.bad { background: var(--bad-soft); color: var(--bad); font-weight: 600; }
.matrix td.some { background: var(--open-soft); color: var(--open); }
.matrix td.refused { text-align: start; background: repeating-linear-gradient(135deg, var(--bad-soft) 0 0.6rem, var(--card) 0.6rem 1.2rem); color: var(--bad); }
.matrix small { display: block; color: var(--soft); font-weight: 400; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 40rem) { main { padding-top: 1rem; } h1 { font-size: 1.45rem; } .verdict { padding: 1.1rem 1.2rem; } .card { padding: 0.9rem 1rem; } }
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f4f4f4; --good: #0b5d36; --good-soft: #eef7f2; --bad: #97150f; --bad-soft: #fdf0ef; --open: #6b4500; --open-soft: #fdf6e7; --link: #000; }
  html { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  .card, tr, .verdict { break-inside: avoid; } h2, h3 { break-after: avoid; } pre { max-height: none; }
}
`;
