/** The report's style sheet; light and dark follow the reader's system. */
export const LABEL_COLORS: readonly [light: string, dark: string][] = [
  ['#111827', '#e5e7eb'],
  ['#b45309', '#f59e0b'],
  ['#1d4ed8', '#60a5fa'],
  ['#b91c1c', '#f87171'],
  ['#7e22ce', '#c084fc'],
  ['#0f766e', '#2dd4bf'],
  ['#be185d', '#f472b6'],
  ['#4d7c0f', '#a3e635'],
  ['#0369a1', '#38bdf8'],
  ['#6b7280', '#9ca3af'],
  ['#a16207', '#fde047'],
];

const colors = (scheme: 0 | 1): string =>
  LABEL_COLORS.map((pair, i) => `--label-${i}:${pair[scheme]}`).join(';');

export const STYLE = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5b6775;--line:#dde2e8;--good:#15803d;--bad:#b91c1c;--band:#15803d2e;--floor:#eceff3;--box:#c9b458;--accent:#1d4ed8;${colors(0)}}
@media (prefers-color-scheme:dark){:root{--page:#0e141b;--card:#161e28;--ink:#e6ebf1;--soft:#93a1b1;--line:#2a3542;--good:#4ade80;--bad:#f87171;--band:#4ade8033;--floor:#1f2935;--box:#8f7f35;--accent:#7cb0ff;${colors(1)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1160px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:20px;margin:0;overflow-wrap:anywhere}h2{font-size:16px;margin:0 0 12px}
p{margin:0 0 8px}.soft,figcaption,th{color:var(--soft)}.small{font-size:13px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin-top:18px;min-width:0}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:18px}
.headline{display:grid;grid-template-columns:auto 1fr;gap:8px 32px;align-items:center}
.rate{font-size:60px;line-height:1;font-weight:700;letter-spacing:-.02em;white-space:nowrap}
.rate small{font-size:26px;font-weight:600;color:var(--soft);letter-spacing:0}
.tiles{display:flex;flex-wrap:wrap;gap:10px 28px;grid-column:1/-1;border-top:1px solid var(--line);padding-top:12px;margin-top:6px}
.tiles b{display:block;font-size:18px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}th{font-weight:500;font-size:13px;text-align:left}
th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:middle}tr:last-child td{border-bottom:0}
td:first-child{min-width:110px}td.n,th.n{text-align:right;white-space:nowrap}
svg{display:block;max-width:100%}svg text{fill:var(--soft);font-size:12px;font-family:inherit}
.interval{width:190px;height:16px;min-width:110px}.wide{width:100%;height:22px}
.track{fill:var(--floor)}.range{fill:var(--band)}.point{fill:var(--good)}
.tag{display:inline-flex;align-items:center;gap:6px;font:600 12px/1.4 ui-monospace,SFMono-Regular,Menlo,monospace;white-space:nowrap}
.dot{width:14px;height:14px;flex:none}
.mark{stroke:var(--card);stroke-width:.04px;vector-effect:non-scaling-stroke}
${LABEL_COLORS.map((_, i) => `.label-${i}{fill:var(--label-${i});color:var(--label-${i})}`).join('')}
.bar{height:8px;border-radius:4px;background:currentColor;min-width:3px}
.floor{fill:var(--floor)}.wall{fill:none;stroke:var(--soft);stroke-width:2;vector-effect:non-scaling-stroke}
.box{fill:var(--box);stroke:var(--ink);stroke-width:1;vector-effect:non-scaling-stroke}
.gridline{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.path{fill:none;stroke:var(--accent);stroke-width:1.6;vector-effect:non-scaling-stroke}
.start{fill:var(--card);stroke:var(--accent);stroke-width:2;vector-effect:non-scaling-stroke}
.thing{fill:var(--bad)}
.curve{fill:none;stroke:var(--good);stroke-width:2;vector-effect:non-scaling-stroke}
.trace{fill:none;stroke:var(--accent);stroke-width:1.2;vector-effect:non-scaling-stroke}
.moment{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:3 3;vector-effect:non-scaling-stroke}
figure{margin:0}figcaption{font-size:13px;margin-top:6px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:10px}
.episodes{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:18px}
.episodes .card{margin:0;overflow-wrap:anywhere}.views{display:grid;grid-template-columns:4fr 3fr;gap:12px;margin:10px 0}
video{width:100%;border-radius:8px;background:#000;aspect-ratio:4/3;display:block}
.ok{color:var(--good);font-weight:600}.no{color:var(--bad);font-weight:600}
code{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
code.again{display:block;margin:4px 0;padding:6px 8px;background:var(--floor);border-radius:6px;user-select:all}
dl{display:grid;grid-template-columns:minmax(110px,max-content) minmax(0,1fr);gap:4px 18px;margin:0}dt{color:var(--soft);overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--accent)}a{color:var(--accent)}
@media (max-width:760px){main{padding:16px 12px 40px}.pair,.episodes{grid-template-columns:minmax(0,1fr)}.headline{grid-template-columns:1fr}.rate{font-size:48px}.card{padding:14px}dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:6px}}
`;
