import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange } from '../change.ts';
import type { Json } from '../model.ts';
import { factsOf } from './facts.ts';
import { checkTemplate, renderTemplate } from './template.ts';
import { testContact, testConversation, worldOf } from './world.fixture.ts';

const silent = { message: null, option: null, attribute: null };

const factsWith = (name: string | null, attributes: { readonly [name: string]: Json } = {}) =>
  factsOf(
    beginChange(
      { ...testContact, name },
      { ...testConversation, customAttributes: attributes, tagIds: [31, 32] },
    ),
    worldOf([]),
    { ...silent, message: 'Hello\n<b>' },
  );

const render = (text: string, name: string | null = 'Ada') =>
  renderTemplate(text, () => factsWith(name, { order: 'A-1', 'full name': 'Ada L', size: 'XL' }));

const cases: readonly (readonly [template: string, result: string])[] = [
  ['plain { text } % of it', 'plain { text } % of it'],
  ['Hi {{ contact.name }}!', 'Hi Ada!'],
  ['Hi {{ contact.name | upcase | append: "!" }}', 'Hi ADA!'],
  ["{{ contact.phone | default: 'none' }}", 'none'],
  ['[{{ contact.nothing }}{{ nothing.at.all }}{{ nothing }}]', '[]'],
  ['{{ attributes.plan }} {{ attributes.order }}', 'gold A-1'],
  ['{{ conversation.custom_attributes["full name"] }}', 'Ada L'],
  ['{{ attributes.size }}', 'XL'],
  ['{{ contact.name.size }}', '3'],
  ['{{ conversation.tag_ids | join: "," }}', '31,32'],
  ['{{ conversation.tag_ids }}', '[31,32]'],
  ['{{ conversation.tag_ids.size }} {{ conversation.tag_ids[1] }}', '2 32'],
  ['{% if contact.role == "user" %}yes{% else %}no{% endif %}', 'yes'],
  ['{% unless contact.phone %}no phone{% endunless %}', 'no phone'],
  ['{% case contact.role %}{% when "lead" %}L{% when "user" %}U{% endcase %}', 'U'],
  ['{% assign x = contact.name | downcase %}{{ x }}{% echo x %}', 'adaada'],
  ['a{% comment %}b {{ x }}{% endcomment %}c{% # d %}', 'ac'],
  ['{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
  ['{{ "now" | date: "%Y-%m-%d %H:%M:%S" }}', '2026-11-22 09:30:15'],
  ['{{ now | date: "%-d %b %Y, %l:%M %P %Z" }}', '22 Nov 2026,  9:30 am UTC'],
  ['{{ "today" | date: "%A %B %e %j %^a %q %%" }}', 'Sunday November 22 326 SUN %q %'],
  ['{{ "2026-03-01 10:00" | date: "%s" }}', String(Date.UTC(2026, 2, 1, 10) / 1000)],
  ['{{ "2026-03-01T10:00:00+02:00" | date }}', '2026-03-01 08:00'],
  ['{{ "not a day" | date: "%Y" }}{{ nothing | date }}', 'not a day'],
  ['{{ message.body | newline_to_br | escape }}', 'Hello&lt;br /&gt;\n&lt;b&gt;'],
  ['{{ constructor }}{{ contact.constructor }}{{ contact.__proto__ }}{{ toString }}', ''],
  ['{{ contact.name.constructor }}{{ contact.name.at }}', ''],
];

for (const [template, result] of cases.filter(([text]) => !text.includes('json'))) {
  test(`template: ${template}, it renders as ${JSON.stringify(result)}`, () => {
    assert.deepEqual(checkTemplate(template).errors, []);
    assert.deepEqual(render(template), { text: result, fault: null });
  });
}

const refused: readonly (readonly [template: string, reason: RegExp])[] = [
  ['{{ contact.name', /not closed/],
  ['{% if contact.name %}', /not closed/],
  ['{{ contact.name | shout }}', /undefined filter: shout/],
  ['{{ contact.name | sample }}', /undefined filter: sample/],
  ['{{ contact.name | sha256 }}', /undefined filter: sha256/],
  ['{% for i in (1..9) %}{% endfor %}', /tag "for" is not available/],
  ["{% include 'x' %}", /tag "include" is not available/],
  ["{% render 'x' %}", /tag "render" is not available/],
  ["{% layout 'x' %}", /tag "layout" is not available/],
  ['{% capture x %}{% endcapture %}', /tag "capture" is not available/],
  ['{% tablerow i in (1..9) %}{% endtablerow %}', /tag "tablerow" is not available/],
  ['{% liquid\n for i in (1..9)\n endfor %}', /tag "liquid" is not available/],
  ['{% cycle 1, 2 %}', /tag "cycle" is not available/],
  [`{{ a }}${'x'.repeat(20_000)}`, /at most 20000 characters/],
  ['{% if a %}'.repeat(40) + '{% endif %}'.repeat(40), /nested more than 32/],
  [`{{ a${'[a'.repeat(40)}${']'.repeat(40)} }}`, /nested more than 32/],
  ['x'.repeat(100_001), /at most 100000 characters/],
];

for (const [template, reason] of refused) {
  test(`template: ${template.slice(0, 50).replaceAll('\n', ' ')}, the check says ${reason.source}`, () => {
    const { errors } = checkTemplate(template);
    assert.match(errors.join('\n'), reason);
  });
}

test('template: several mistakes, the check names each with its place', () => {
  const { errors } = checkTemplate('{{ a | b }}\n{{ c | d }}');
  assert.equal(errors.length, 2);
  assert.match(errors[1]!, /undefined filter: d, line:2/);
});

test('template: variables, the check lists what is read and not what is assigned', () => {
  const text =
    '{% assign x = contact.name %}{{ x }}{{ attributes["order number"] | append: now }}' +
    '{% if conversation.tag_ids.size > 0 %}{{ attributes[contact.role].more }}{% endif %}';
  assert.deepEqual([...checkTemplate(text).variables].sort(), [
    'attributes',
    'attributes.order number',
    'contact.name',
    'contact.role',
    'conversation.tag_ids',
    'now',
  ]);
});

test('template: one that is broken, rendering gives an empty text and the fault', () => {
  const { text, fault } = render('Hi {{ contact.name | shout }}');
  assert.equal(text, '');
  assert.match(fault ?? '', /undefined filter/);
});

test('template: a filter that fails, the rest is still there', () => {
  const { text, fault } = render('a{{ "%zz" | url_decode }}b {{ contact.name }}');
  assert.equal(text, 'ab Ada');
  assert.match(fault ?? '', /URI malformed/);
});

test('template: a date with a zone, it is refused instead of shown wrongly', () => {
  assert.match(render('{{ now | date: "%H", "Asia/Tokyo" }}').fault ?? '', /times are UTC/);
});

test('template: a doubling text, the work limit stops it and the outcome repeats', () => {
  const text = `{% assign a = contact.name %}${'{% assign a = a | append: a %}'.repeat(60)}{{ a }}`;
  const first = render(text);
  assert.match(first.fault ?? '', /memory alloc limit/);
  assert.deepEqual(render(text), first);
});

test('template: a huge range, it is refused', () => {
  assert.match(render('{{ (1..100000000) | join }}').fault ?? '', /memory alloc limit/);
});

test('template: a long result, it is cut at 100,000 characters', () => {
  const { text } = render('{{ contact.name }}'.repeat(1_000), 'x'.repeat(250));
  assert.equal(text.length, 100_000);
  assert.equal(render('x'.repeat(100_001)).text.length, 100_000);
});

test('template: half a character and NUL in the result, neither is left', () => {
  assert.equal(render('{{ contact.name | split: "" | first }}', '😀').text, '\u{fffd}');
  assert.equal(render('a{{ contact.name }}b', '\u0000').text, 'ab');
});

test('template: names of the prototype as attributes, they are plain names', () => {
  const attributes = JSON.parse('{"__proto__":"p","constructor":"c"}') as { [name: string]: Json };
  const facts = factsWith('Ada', attributes);
  const text = '{{ attributes.__proto__ }}{{ conversation.custom_attributes.constructor }}';
  assert.equal(renderTemplate(text, () => facts).text, 'pc');
});

test('template: more of them than are remembered, each still says the same', () => {
  for (let number = 0; number < 2_100; number += 1) {
    assert.equal(render(`{{ contact.name }} ${number}`).text, `Ada ${number}`);
  }
  assert.equal(render('{{ contact.name }} 0').text, 'Ada 0');
});
