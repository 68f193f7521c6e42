// The style sheet of the reference page: light and dark, from phone to wide screen, and on paper.

const palette = `
:root{--paper:#fcfbf9;--panel:#f4f2ed;--line:#e2ddd4;--ink:#22272b;--soft:#59626b;
  --accent:#0a665c;--wash:#e1efec;
--post:#7a4300;--post-wash:#fbead2;--get:#1d4f91;--get-wash:#e3ecf8;--string:#1c6238;
  --key:#1f4f8a;--number:#8a3a12;--word:#7b2d6b;--warn:#9a2c1c}
@media (prefers-color-scheme:dark){:root{--paper:#131618;--panel:#1b2023;--line:#2f363b;
  --ink:#e4e7e9;--soft:#a3adb5;--accent:#64cdbc;--wash:#163330;
--post:#f0bd7c;--post-wash:#38291a;--get:#93bff5;--get-wash:#1b2b40;--string:#93d4a8;
  --key:#93bff0;--number:#f0b792;--word:#dba3d3;--warn:#f2998a}}`;

const base = `
*{box-sizing:border-box}
html{color-scheme:light dark;scroll-padding-top:1.5rem;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
body{margin:0;background:var(--paper);color:var(--ink);
  font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
  font-variant-ligatures:none}
code{font-size:.875em;overflow-wrap:anywhere}
p code,li code,dd code,td code{background:var(--panel);border-radius:.25rem;padding:.1em .3em}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.2rem}
main:focus{outline:none}
h1,h2,h3,h4{line-height:1.25;margin:0;text-wrap:balance}
h1{font-size:2.25rem;letter-spacing:-.02em}
h2{font-size:1.5rem;letter-spacing:-.01em;margin-top:2.75rem}
h3{font-size:1.2rem}
h4{font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);
  margin:1.75rem 0 .5rem}
p{margin:.75rem 0}
.skip{position:absolute;left:-999rem;top:0;z-index:2;background:var(--accent);
  color:var(--paper);padding:.75rem 1.25rem}
.skip:focus{left:0}`;

const layout = `
.side{border-bottom:1px solid var(--line);background:var(--panel);padding:.75rem 1.25rem}
.brand{display:flex;align-items:center;gap:.6rem;margin:0;font-weight:650;font-size:1.1rem}
.brand svg{width:1.6rem;height:1.6rem;flex:none}
.brand a{color:inherit;text-decoration:none}
.brand span{color:var(--soft);font-weight:400;font-size:.875rem}
.wide{display:none}
.narrow summary{cursor:pointer;padding:.5rem 0;color:var(--accent)}
nav ul{list-style:none;margin:0;padding:0}
nav>ul>li{margin-top:1.1rem}
nav a{display:flex;align-items:center;gap:.5rem;padding:.22rem .5rem;margin:0 -.5rem;
  border-radius:.35rem;color:var(--ink);text-decoration:none;font-size:.875rem}
nav a:hover{background:var(--wash)}
nav a>span:last-child{overflow-wrap:anywhere}
nav .tag{font-weight:650}
main{padding:2rem 1.25rem 4rem;max-width:46rem;margin:0 auto}
.lead{font-size:1.15rem;color:var(--soft)}
.intro>p,.intro>ul,.intro>figure,.group>p{max-width:42rem}
.intro h3{margin-top:2rem}
.rules{padding-left:1.2rem}
.rules li{margin:.5rem 0}
.group>h2{padding-top:2.5rem;border-top:1px solid var(--line)}
.group>p{color:var(--soft);margin-top:.25rem}
.operation{margin:2.5rem 0 3.5rem}
.operation h3 a{color:inherit;text-decoration:none}
.operation h3 a:hover{text-decoration:underline}
.route{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem;margin:.6rem 0 0}
.route code{background:none;padding:0;font-size:.9rem}
.method{flex:none;
  font:650 .6875rem/1 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
  letter-spacing:.04em;padding:.3em .45em;border-radius:.25rem;min-width:2.9rem;
  text-align:center}
.post{color:var(--post);background:var(--post-wash)}
.get{color:var(--get);background:var(--get-wash)}
footer{border-top:1px solid var(--line);margin-top:4rem;color:var(--soft);font-size:.875rem}
@media (min-width:60rem){
body{display:grid;grid-template-columns:18rem minmax(0,1fr)}
.side{position:sticky;top:0;height:100vh;overflow-y:auto;border-bottom:0;
  border-right:1px solid var(--line);padding:1.75rem 1.5rem}
.wide{display:block}.narrow{display:none}
main{padding:3rem 3rem 6rem;max-width:80rem;margin:0;width:100%}
}
@media (min-width:76rem){
.columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,28rem);gap:2.5rem;
  align-items:start}
.samples{position:sticky;top:1.5rem}
.samples figure:first-child{margin-top:1rem}
}`;

const content = `
.fields{margin:0;border-top:1px solid var(--line)}
.fields>div{padding:.6rem 0;border-bottom:1px solid var(--line)}
.fields dt{display:flex;flex-wrap:wrap;align-items:baseline;column-gap:.6rem}
.fields dt code{font-weight:650}
.fields dd{margin:.15rem 0 0;color:var(--soft);font-size:.925rem}
.fields dd:empty{display:none}
.type{color:var(--soft);font-size:.825rem}
.required{color:var(--warn);font-size:.75rem;font-weight:600}
details summary{cursor:pointer;color:var(--accent);padding:.25rem 0}
figure{margin:1rem 0;border:1px solid var(--line);border-radius:.5rem;overflow:hidden;
  background:var(--panel)}
figcaption{padding:.4rem .9rem;border-bottom:1px solid var(--line);color:var(--soft);
  font-size:.8rem;font-weight:600}
pre{margin:0;padding:.8rem .9rem;font-size:.8rem;line-height:1.6;white-space:pre-wrap}
pre code{font-size:inherit;user-select:all;-webkit-user-select:all}
.string{color:var(--string)}.key{color:var(--key)}.number{color:var(--number)}.word{
  color:var(--word)}.comment{color:var(--soft)}
table{width:100%;border-collapse:collapse;font-size:.9rem;line-height:1.5}
th{text-align:left;font-weight:600;color:var(--soft);font-size:.8rem}
th,td{padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
td:first-child{font-variant-numeric:tabular-nums}
td:nth-child(2){min-width:6.5rem;max-width:11rem}
.remedy{color:var(--soft);display:block}
.more{font-size:.9rem}`;

const paper = `
@media print{
:root{--paper:#fff;--panel:#fff;--line:#bbb;--ink:#000;--soft:#444;--accent:#000;
  --post:#000;--get:#000;--post-wash:#eee;--get-wash:#eee;--string:#000;--key:#000;
  --number:#000;--word:#000;--warn:#000}
html{color-scheme:light;font-size:10pt}body{display:block}
.side,.skip{display:none}main{padding:0;max-width:none}.columns{display:block}.samples{
  position:static}
figure,tr,.fields>div{break-inside:avoid}h2,h3,h4,.route{break-after:avoid}
details summary{display:none}details::details-content{content-visibility:visible;
  block-size:auto}
}`;

export const style = palette + base + layout + content + paper;
