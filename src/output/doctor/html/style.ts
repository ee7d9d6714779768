/** Every colour of text has a contrast of at least 4.5 to 1 on its ground (WCAG 2.1, 1.4.3). */
export const CSS = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --pass: #116329; --pass-ground: #dafbe1; --warn: #7a4b00; --warn-ground: #fff3c4;
  --fail: #a40e26; --fail-ground: #ffe3e1; --skip: #57606a; --skip-ground: #f0f2f4;
  --node: #54aeff; --bigip: #8250df; --reservation: #bf8700; --conflict: #cf222e; --free: #c5ccd3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --text: #e6edf3; --quiet: #9aa4af; --line: #30363d; --panel: #161b22;
    --pass: #6fdd8b; --pass-ground: #12261b; --warn: #f2cc60; --warn-ground: #2b2412;
    --fail: #ff9a93; --fail-ground: #3a1618; --skip: #9aa4af; --skip-ground: #1c2128;
    --node: #388bfd; --bigip: #a371f7; --reservation: #d29922; --conflict: #f85149; --free: #484f58;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 48px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 10px; }
p { margin: 6px 0; } .quiet { color: var(--quiet); }
.verdict { border: 1px solid; border-radius: 8px; padding: 12px 16px; margin: 16px 0; font-weight: 600; }
.pass { color: var(--pass); } .warn { color: var(--warn); } .fail { color: var(--fail); } .skip { color: var(--skip); }
.verdict.pass { background: var(--pass-ground); } .verdict.fail { background: var(--fail-ground); }
.verdict.warn { background: var(--warn-ground); }
.fault { border: 1px solid var(--fail); border-radius: 8px; padding: 12px 16px; background: var(--panel); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 10px 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
pre, code, .mono { font-family: ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: 13px; }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; margin: 6px 0;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.drawing { border: 1px solid var(--line); border-radius: 8px; padding: 12px; background: var(--panel); overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--text); font: 12px ui-monospace, Menlo, "DejaVu Sans Mono", monospace; }
svg text.name { font-weight: 700; } svg text.quiet { fill: var(--quiet); }
svg .box { fill: var(--ground); stroke: var(--line); stroke-width: 1.5; }
svg .box.pass { fill: var(--pass-ground); stroke: var(--pass); } svg .box.warn { fill: var(--warn-ground); stroke: var(--warn); }
svg .box.fail { fill: var(--fail-ground); stroke: var(--fail); stroke-width: 2.5; }
svg .box.skip { fill: var(--skip-ground); stroke: var(--skip); stroke-dasharray: 4 3; }
svg text.pass { fill: var(--pass); } svg text.warn { fill: var(--warn); } svg text.fail { fill: var(--fail); } svg text.skip { fill: var(--skip); }
svg .link { stroke: var(--line); stroke-width: 2; fill: none; }
svg .link.pass { stroke: var(--pass); } svg .link.warn { stroke: var(--warn); } svg .link.fail { stroke: var(--fail); stroke-width: 3; }
svg .link.skip { stroke: var(--skip); stroke-dasharray: 5 4; }
svg .node { fill: var(--node); } svg .bigip { fill: var(--bigip); } svg .reservation { fill: var(--reservation); }
svg .conflict { fill: var(--conflict); } svg .partly { fill: var(--node); fill-opacity: .55; } svg .free { fill: var(--free); }
svg .outside { fill: none; stroke: var(--line); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--quiet); } td, th { border-top: 1px solid var(--line); padding: 6px 10px 6px 0; vertical-align: top; }
td { overflow-wrap: anywhere; } td.id { white-space: nowrap; }
@media print { body { max-width: none; padding: 0; } .drawing, .fault, tr { break-inside: avoid; } }
`;
