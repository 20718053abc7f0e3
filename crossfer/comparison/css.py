"""How summary.html looks: in light and dark, on a wide screen and on a phone.

The colours of rungs and roles are those of Okabe and Ito (2008), which colour-blind readers tell apart; on dark paper
they are lighter. Rungs differ in their markers too.
"""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c1f23; --muted: #5b6470; --line: #d7dce2; --card: #f6f7f9;
  --source: #0072b2; --same: #3a9fd8; --other: #d55e00;
  --floor: #6b7280; --random: #aa4a86; --head: #00805f; --part: #0072b2; --all: #d55e00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e6e9ed; --muted: #a0a9b4; --line: #363d46; --card: #1c2026;
    --source: #4ba6e0; --same: #9fd3f5; --other: #f08a3c;
    --floor: #9aa3af; --random: #e08fc0; --head: #2fc49a; --part: #4ba6e0; --all: #f08a3c;
  }
}
* { box-sizing: border-box; }
body {
  background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
  margin: 0 auto; max-width: 68rem; overflow-wrap: break-word; padding: 1.5rem 1.25rem 4rem;
}
h1 { font-size: 1.75rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
.answer { background: var(--card); border-left: .25rem solid var(--source); padding: .75rem 1.1rem; }
.answer p:first-child { font-size: 1.15rem; font-weight: 600; }
.note, figcaption, .definition { color: var(--muted); font-size: .875rem; line-height: 1.45; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .9rem .35rem 0; text-align: left; vertical-align: top; }
thead th { border-bottom-width: 2px; color: var(--muted); font-weight: 600; }
.measures { width: 100%; }
.measures tbody th { width: 28%; }
.measures tr.figures > * { border-bottom: 0; font-size: 1rem; padding: .8rem .9rem 0 0; }
.measures .definition { display: block; margin-top: .15rem; }
.measures tr.meaning td { font-size: .9rem; padding-bottom: .8rem; }
figure { margin: 2rem 0 3rem; }
figcaption { margin-top: .9rem; max-width: 60rem; }
.panels { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
.panels h3 { font-size: .95rem; margin: 0 0 .25rem; }
.panels svg { display: block; height: auto; max-width: 34rem; width: 100%; }
.panels svg * { stroke-linecap: butt; stroke-linejoin: round; }
.legend { display: flex; flex-wrap: wrap; font-size: .875rem; gap: .1rem 1.1rem; margin: 0 0 .75rem; padding: 0; }
.legend li { list-style: none; }
.legend span { margin-right: .35rem; }
details { margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; }
li { margin: .35rem 0; max-width: 46rem; }
@media (max-width: 40rem) {
  body { padding: 1rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  .measures tr.figures > * { font-size: .9rem; }
  th, td { padding-right: .6rem; }
}
"""
