import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange } from '../../conversation/change.ts';
import type { Json } from '../../model/model.ts';
import { contextOf, testContact, testConversation } from '../run/context.fixture.ts';
import { factsOf } from '../run/facts.ts';
import { filterRules } from './filters.ts';
import { checkTemplate, renderTemplate } from './template.ts';
import type { TimeForm } from './time-value.ts';
import { templateValues } from './values.ts';

const silent = { message: null, option: null, attribute: null };

const factsWith = (name: string | null, attributes: { readonly [name: string]: Json } = {}) =>
  factsOf(
    beginChange(
      { ...testContact, name },
      { ...testConversation, customAttributes: attributes, tagIds: [31, 32] },
    ),
    contextOf([]),
    { ...silent, message: 'Hello\n<b>' },
  );

const render = (text: string, name: string | null = 'Ada') => {
  const facts = factsWith(name, { order: 'A-1', 'full name': 'Ada L', size: 'XL' });
  return renderTemplate(text, () => templateValues(facts, [], 'for_people'));
};

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
  ['{{ "today" | date: "%A %B %e %j %^a %%" }}', 'Sunday November 22 326 SUN %'],
  ['{{ now | date: "%H:%M %z %Z", "Europe/Berlin" }}', '10:30 +0100 GMT+1'],
  ['{{ 1774745999 | date: "%F %R %Z", "europe/berlin" }}', '2026-03-29 01:59 GMT+1'],
  ['{{ now | date: "%H:%M", contact.zone }}', '09:30'],
  ['{{ now | date: "%_m|%0e|%-H|%%F" }}', '11|22|9|%F'],
  ['{{ now }} {{ now | append: "!" }}', '2026-11-22 09:30 UTC 2026-11-22 09:30 UTC!'],
  ['{{ now | plus: 3600 | date: "%R" }} {{ now | minus: now }}', '10:30 0'],
  ['{% if now > 0 and now == now and now < "2027-01-01" %}yes{% endif %}', 'yes'],
  ['{{ nothing | plus: 1 }} {{ "1.5" | times: "2" }} {{ -7 | abs }}', '1 3 7'],
  ['{{ nothing | date: "%F" | default: "none" }}', 'none'],
  ['{{ "2026-03-01 10:00" | date: "%s" }}', String(Date.UTC(2026, 2, 1, 10) / 1000)],
  ['{{ "2026-03-01T10:00:00+02:00" | date }}', '2026-03-01 08:00'],
  ['{{ nothing | date }}', ''],
  ['{{ message.body | newline_to_br | escape }}', 'Hello&lt;br /&gt;\n&lt;b&gt;'],
  ['{{ constructor }}{{ contact.constructor }}{{ contact.__proto__ }}{{ toString }}', ''],
  ['{{ contact.name.constructor }}{{ contact.name.at }}', ''],
];

for (const [template, result] of cases.filter(([text]) => !text.includes('json'))) {
  test(`template: ${template} renders as ${JSON.stringify(result)}`, () => {
    assert.deepEqual(checkTemplate(template).errors, []);
    assert.deepEqual(render(template), { text: result, fault: null });
  });
}

const rejected: readonly (readonly [template: string, reason: RegExp])[] = [
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
  // Zones, formats and times.
  [
    '{{ now | date: "%H", "Europe/Berln" }}',
    /"Europe\/Berln" is no time zone: did you mean "Europe\/Berlin"/,
  ],
  ['{{ now | date: "%H", "+02:00" }}', /"\+02:00" is no time zone: write an IANA name/],
  ['{{ now | date: "%H", 2 }}', /2 is no time zone/],
  ['{% assign zone = "Mars/Base" %}{{ now | date: "%H", zone }}', /"Mars\/Base" is no time zone/],
  ['{{ contact.signed_up_at | date: "%H:%Q" }}', /the format has no "%Q"/],
  ['{{ contact.signed_up_at | date: "100%" }}', /the format has no "%" \(a percent sign is %%\)/],
  ['{{ now | date: "" }}', /"" is no format/],
  ['{{ now | date: 5 }}', /5 is no format/],
  ['{{ now | date: "%H", "UTC", 1 }}', /date takes 0 to 2 values .* not 3/],
  ['{{ now | date: format: "%H" }}', /date knows no "format:"/],
  ['{{ "not a day" | date: "%Y" }}', /"not a day" is no time/],
  ['{{ "2026-02-30" | date: "%d" }}', /"2026-02-30" is no time/],
  // Arguments.
  ['{{ contact.name | append }}', /append takes 1 value behind its colon, not 0/],
  ['{{ contact.name | upcase: 1 }}', /upcase takes 0 values behind its colon, not 1/],
  ['{{ contact.name | replace }}', /replace takes 1 to 2 values behind its colon, not 0/],
  ['{{ contact.name | default: }}', /default takes 1 value/],
  [
    '{{ contact.name | default: "x", allow: true }}',
    /default knows no "allow:" \(it knows allow_false\)/,
  ],
  ['{{ contact.name | truncate: "x" }}', /truncate: "x" is no whole number/],
  ['{{ contact.name | slice: 1.5 }}', /slice: 1.5 is no whole number/],
  ['{{ contact.name | plus: "one" }}', /plus: "one" is no number/],
  ['{{ contact.name | split: "," | plus: 1 }}', /plus works on a number, .* makes a list/],
  ['{{ contact.name | upcase | join: "," }}', /join works on a list, .* makes a text/],
  // Expressions that always fail.
  ['{{ 10 | divided_by: 0 }}', /divided_by: a division by zero, line:1, col:4/],
  ['{{ attributes.x | divided_by: 0.0 }}', /division by zero/],
  ['{{ attributes.x | modulo: "0" }}', /modulo: a division by zero/],
  [
    '{% assign x = 3 | minus: 3 %}\n{{ attributes.y | divided_by: x }}',
    /division by zero, line:2, col:4/,
  ],
  ['{% if contact.name %}{{ 1 | divided_by: 0 }}{% endif %}', /division by zero/],
  ['{% if 1 | divided_by: 0 %}x{% endif %}', /division by zero/],
  ['{% case 1 | divided_by: 0 %}{% when 1 %}x{% endcase %}', /division by zero/],
  ['{% echo 1 | divided_by: 0 %}', /division by zero/],
  ['{% assign x = 1 | divided_by: 0 %}', /division by zero/],
  ['{{ "abc" | plus: 1 }}', /plus: "abc" is no number/],
  ['{{ true | times: 2 }}', /times: true is no number/],
  ['{{ "%zz" | url_decode }}', /url_decode: URI malformed/],
  ['{{ 9007199254740991 | times: 9 }}', /times: the result is no number that can be kept exactly/],
  ['{{ 9007199254740993 }}', /the number 9007199254740993 cannot be kept exactly/],
  ['{{ 1e5 }}', /"1e5" is no number and no name/],
  // Mistakes that a parser would ignore.
  ['{{ contact name }}', /values without an operator/],
  ['{{ contact.name, contact.email }}', /a comma where no comma belongs/],
  ['{{ contact.name | }}', /a \| with no filter behind it/],
  ['{{ contact.name | upcase, 5 }}', /a filter with something behind it/],
  ['{{ contact["na" | append: "me"] }}', /a filter between brackets/],
  ['{% if contact.name == "Ada" and %}x{% endif %}', /values without an operator/],
  ['{% case contact.name %}{% when %}x{% endcase %}', /when lacks a value/],
  ['{% echo %}', /echo lacks a value/],
  ['{{ contact.name | upcas }}', /undefined filter: upcas.*did you mean "upcase"/],
];

for (const [template, reason] of rejected) {
  test(`template: ${template.slice(0, 50).replaceAll('\n', ' ')} fails with ${reason.source}`, () => {
    const { errors } = checkTemplate(template);
    assert.match(errors.join('\n'), reason);
  });
}

test('template: the check names each mistake with its position', () => {
  const { errors } = checkTemplate('{{ a | b }}\n{{ c | d }}');
  assert.equal(errors.length, 2);
  assert.match(errors[1]!, /undefined filter: d, line:2/);
});

test('template: the check lists the variables that are read', () => {
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

test('template: a broken one renders as an empty text with a fault', () => {
  const { text, fault } = render('Hi {{ contact.name | shout }}');
  assert.equal(text, '');
  assert.match(fault ?? '', /undefined filter/);
});

/** Templates that fail only with these facts. */
const failing: readonly (readonly [template: string, fault: RegExp])[] = [
  ['{{ 10 | divided_by: attributes.zero }}', /divided_by: a division by zero/],
  ['{{ 10 | modulo: attributes.nothing }}', /modulo: a division by zero/],
  ['{{ contact.name | plus: 1 }}', /plus: "Ada" is no number/],
  ['{{ 1 | plus: contact.name }}', /plus: "Ada" is no number/],
  ['{{ conversation.open | plus: 1 }}', /plus: true is no number/],
  ['{{ conversation.tag_ids | plus: 1 }}', /plus: a list is no number/],
  ['{{ conversation.tag_ids | round }}', /round: a list is no number/],
  ['{{ contact.name | first }}', /first: "Ada" is no list/],
  ['{{ contact | upcase }}', /upcase: a mapping is no text/],
  ['{{ contact.name | date: "%F" }}', /date: "Ada" is no time/],
  ['{{ now | date: contact.name, contact.name }}', /date: "Ada" is no time zone/],
  ['{{ now | date: attributes.percent }}', /date: the format has no "%Q"/],
  ['{{ attributes.huge | plus: 1 }}', /plus: "9007199254740993" is no number/],
  ['{{ attributes.percent | url_decode }}', /url_decode: URI malformed/],
  ['{{ contact.name | truncate: contact.name }}', /truncate: "Ada" is no whole number/],
];

test('template: an output that fails is empty, with a fault', () => {
  const attributes = { zero: 0, percent: '%Q', huge: '9007199254740993' };
  for (const [template, reason] of failing) {
    assert.deepEqual(checkTemplate(template).errors, [], template);
    const rendered = renderTemplate(`a${template}b`, () => factsWith('Ada', attributes));
    assert.equal(rendered.text, 'ab', template);
    assert.match(rendered.fault ?? '', reason, template);
  }
});

test('template: any filter with any values prints a calculated value', () => {
  const values = [
    '""',
    '"abc"',
    '"-3"',
    '0',
    '-1',
    '2.5',
    'nil',
    'true',
    'contact',
    'now',
    'attributes.list',
  ];
  for (const [name, { parameters }] of filterRules) {
    for (const value of values) {
      for (const parameter of values) {
        const given = parameters.map(() => parameter).join(', ');
        const template = `{{ ${value} | ${name}${given === '' ? '' : `: ${given}`} }}`;
        const { text, fault } = render(template);
        if (fault !== null) assert.equal(text, '', template);
        assert.doesNotMatch(text, /NaN|Infinity|undefined|\[object/, template);
      }
    }
  }
});

test('template: renders the rest when a filter fails', () => {
  const { text, fault } = render('a{{ contact.name | plus: 1 }}b {{ contact.name }}');
  assert.equal(text, 'ab Ada');
  assert.match(fault ?? '', /"Ada" is no number/);
});

test('template: shows times in the zone of the channel, and days as days', () => {
  const facts = factsWith('Ada', { due: Date.UTC(2026, 6, 1) / 1000, met: 1_782_000_000 });
  const definitions = [
    { model: 'conversation', name: 'due', dataType: 'date', options: [] },
    { model: 'conversation', name: 'met', dataType: 'datetime', options: [] },
  ] as const;
  const show = (text: string, zone: string | null, form: TimeForm = 'for_people') => {
    const there = { ...facts, channel: { ...facts.channel, time_zone: zone } };
    return renderTemplate(text, () => templateValues(there, definitions, form)).text;
  };
  const text =
    '{{ attributes.due }}, {{ attributes.met }}, {{ conversation.custom_attributes.met }}';
  assert.equal(show(text, null), '2026-07-01, 2026-06-21 00:00 UTC, 2026-06-21 00:00 UTC');
  assert.equal(show(text, 'America/New_York'), '2026-07-01, 2026-06-20 20:00, 2026-06-20 20:00');
  assert.equal(show(text, 'Asia/Tokyo', 'as_seconds'), '1782864000, 1782000000, 1782000000');
  const dates =
    '{{ attributes.due | date: "%e.%m." }} {{ attributes.met | date: "%R" }} {{ now | date }}';
  assert.equal(show(dates, 'America/New_York'), ' 1.07. 20:00 2026-11-22 04:30');
  assert.equal(
    show('{{ attributes.met | date: "%R", "Asia/Tokyo" }}', 'America/New_York'),
    '09:00',
  );
  assert.equal(show('{% if attributes.due > attributes.met %}later{% endif %}', null), 'later');
  assert.equal(
    show('{{ attributes | json }}', null),
    '{"plan":"gold","city":"Lima","due":1782864000,"met":1782000000}',
  );
});

test('template: the work limit stops a doubling text, deterministically', () => {
  const text = `{% assign a = contact.name %}${'{% assign a = a | append: a %}'.repeat(60)}{{ a }}`;
  const first = render(text);
  assert.match(first.fault ?? '', /memory alloc limit/);
  assert.deepEqual(render(text), first);
});

test('template: rejects a huge range', () => {
  assert.match(render('{{ (1..100000000) | join }}').fault ?? '', /memory alloc limit/);
});

test('template: cuts a long result at 100,000 characters', () => {
  const { text } = render('{{ contact.name }}'.repeat(1_000), 'x'.repeat(250));
  assert.equal(text.length, 100_000);
  assert.equal(render('x'.repeat(100_001)).text.length, 100_000);
});

test('template: removes half characters and NUL from the result', () => {
  assert.equal(render('{{ contact.name | split: "" | first }}', '😀').text, '\u{fffd}');
  assert.equal(render('a{{ contact.name }}b', '\u0000').text, 'ab');
});

test('template: names of the prototype are plain names', () => {
  const attributes = JSON.parse('{"__proto__":"p","constructor":"c"}') as { [name: string]: Json };
  const facts = factsWith('Ada', attributes);
  const text = '{{ attributes.__proto__ }}{{ conversation.custom_attributes.constructor }}';
  assert.equal(renderTemplate(text, () => facts).text, 'pc');
});

test('template: works for more templates than are cached', () => {
  for (let number = 0; number < 2_100; number += 1) {
    assert.equal(render(`{{ contact.name }} ${number}`).text, `Ada ${number}`);
  }
  assert.equal(render('{{ contact.name }} 0').text, 'Ada 0');
});

test('cut texts: keep whole characters', () => {
  for (const pad of ['', 'x']) {
    const name = `${pad}${'😀'.repeat(60_000)}`;
    const { text } = renderTemplate('{{ name }}', () => ({ name }) as never);
    assert.ok(text.isWellFormed() && !text.includes('\ufffd'));
    const { fault } = renderTemplate('{{ name | plus: 1 }}', () => ({ name }) as never);
    assert.ok(fault?.isWellFormed() && !fault.includes('\ufffd'), fault ?? '');
  }
});
