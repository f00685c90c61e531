// What planBeacon draws: an SVG document that is well-formed, needs nothing else, and shows the plan; and the pictures of
// docs/search.md, which are what the code draws.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { UsageError } from '../../pkg/errors.js';
import { planBeacon } from '../../pkg/entrypoints/tables.js';
import { images, plans } from '../support/beacon-pictures.mjs';
import { refuses } from './support.mjs';

const counts = (list) => list.map((count, i) => [`value ${i}`, count]);
const plan = planBeacon(counts([500, ...new Array(500).fill(1)]), { target: { maxGuessed: 0.6 } });

/** The elements of an XML document, each with its name, attributes and text; anything that is not well-formed fails. */
function parse(xml) {
  const elements = [];
  const open = [];
  let rest = xml.trimEnd();
  const unescaped = (text) => {
    assert.doesNotMatch(text, /[<"]|&(?!(?:amp|lt|gt|quot);)/);
    // XML has none of these.
    assert.doesNotMatch(text, /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u);
    const names = { amp: '&', lt: '<', gt: '>', quot: '"' };
    return text.replaceAll(/&(\w+);/g, (_, name) => names[name]);
  };
  while (rest !== '') {
    const [token, close, name, attributes, empty, text] =
      /^<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|^([^<]+)/.exec(rest) ?? assert.fail(rest);
    rest = rest.slice(token.length);
    if (text !== undefined) {
      assert.ok(open.length > 0, 'text outside of the document');
      open.at(-1).text += unescaped(text);
    } else if (close) {
      assert.equal(open.pop()?.name, name);
    } else {
      const pairs = [...attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)];
      const element = { name, text: '', attributes: {} };
      for (const [, key, value] of pairs) element.attributes[key] = unescaped(value);
      assert.ok(open.length > 0 || elements.length === 0, 'two roots');
      elements.push(element);
      if (!empty) open.push(element);
    }
  }
  assert.deepEqual(open, []);
  return elements;
}

test('the parser finds what is not well-formed', () => {
  for (const wrong of [
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a>&</a>',
    '<a b="<"/>',
    'a',
    '<a b=c/>',
    '<a>\0</a>',
  ])
    assert.throws(() => parse(wrong), { code: 'ERR_ASSERTION' }, `found: ${wrong}`);
  assert.equal(parse('<a b="1"><c>x &lt; y</c></a>')[1].text, 'x < y');
});

describe('the picture', () => {
  const elements = parse(plan.toSvg());
  const named = (name) => elements.filter((element) => element.name === name);
  const texts = named('text').map(({ text }) => text);

  test('has a title, a description in words, axes and a mark', () => {
    const [svg, title, desc] = elements;
    assert.equal(svg.attributes.role, 'img');
    assert.equal(svg.attributes.xmlns, 'http://www.w3.org/2000/svg');
    assert.deepEqual([title.name, desc.name], ['title', 'desc']);
    assert.ok(title.text.length > 10);
    assert.equal(desc.text, [plan.reason, ...plan.warnings].join(' '));
    for (const text of [
      'Share',
      'Different values behind a beacon',
      'Entropy in bits',
      '100%',
      '1',
    ])
      assert.ok(texts.includes(text), text);
    assert.equal(texts.filter((text) => text === 'Length of the beacon in bits').length, 3);
    assert.equal(texts.filter((text) => text === `${plan.length} bits`).length, 3);
    assert.equal(named('polyline').length, 7);
  });

  test('draws the figures where the axis has them', () => {
    const tick = (text) => named('text').find((element) => element.text === text).attributes;
    const pair = (point) => point.split(',').map(Number);
    const points = (i) => named('polyline')[i].attributes.points.split(' ').map(pair);
    const top = tick('100%').y - 4;
    const bottom = tick('0%').y - 4;
    const at = (share) => bottom + share * (top - bottom);
    for (const [line, figure] of [
      'falsePositives',
      'guessedAtMost',
      'guessedByFrequency',
    ].entries()) {
      for (const [i, [x, y]] of points(line).entries()) {
        assert.ok(Math.abs(y - at(plan.lengths[i][figure])) < 0.11, `${figure} ${i + 1}`);
        const number = String(i + 1);
        assert.ok(
          named('text').some(
            ({ text, attributes }) => text === number && Number(attributes.x) === x,
          ),
        );
      }
    }
    const marks = named('line').filter(({ attributes }) => attributes.class === 'm');
    assert.deepEqual(
      marks.map(({ attributes }) => Number(attributes.x1)),
      new Array(3).fill(points(0)[plan.length - 1][0]),
    );
  });

  test('everything is inside of it', () => {
    const [, , width, height] = elements[0].attributes.viewBox.split(' ').map(Number);
    const inside = (x, y) => x >= 0 && x <= width && y >= 0 && y <= height;
    for (const { attributes, name } of elements) {
      if (name === 'text') assert.ok(inside(attributes.x, attributes.y));
      if (name === 'line') assert.ok(inside(attributes.x2, attributes.y2));
      for (const point of attributes.points?.split(' ') ?? [])
        assert.ok(inside(...point.split(',').map(Number)), point);
    }
  });

  test('is for light and dark, and has no scripts and nothing that is loaded', () => {
    const svg = plan.toSvg();
    assert.match(named('style')[0].text, /@media \(prefers-color-scheme:dark\)/);
    const names = new Set(elements.map(({ name }) => name));
    const known = ['desc', 'line', 'polyline', 'style', 'svg', 'text', 'title'];
    assert.deepEqual([...names].sort(), known);
    assert.doesNotMatch(svg, /href|url\(|@import|\bon\w+=|javascript:/i);
    const links = svg.match(/https?:[^"]+/g);
    assert.deepEqual(links, ['http://www.w3.org/2000/svg']);
  });

  test('of a plan without a length has no mark, and says so', () => {
    const none = planBeacon(counts([9, 1]), { target: { maxGuessed: 0.5 } });
    const drawn = parse(none.toSvg());
    assert.equal(drawn.filter(({ attributes }) => attributes.class === 'm').length, 0);
    assert.ok(drawn.some(({ text }) => text.endsWith('no length meets the target')));
  });

  for (const [name, list, options] of [
    ['two values', [1, 1], { target: { maxGuessed: 0.9 } }],
    ['hardly any entropy', [1e9, 1], { target: { maxFalsePositives: 0.1 } }],
    ['a trillion values', [5, 1], { target: { minGroupSize: 2 }, population: 1e12 }],
    ['254 partitions', [5, 1, 1], { target: { minGroupSize: 2 }, numberOfPartitions: 254 }],
    ['63 bits', [1, 1], { target: { maxFalsePositives: 1e-18 } }],
  ]) {
    test(`of ${name} is well-formed, with numbers everywhere`, () => {
      const svg = planBeacon(counts(list), options).toSvg();
      parse(svg);
      assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
    });
  }
});

describe('a title', () => {
  test('is text, whatever is in it', () => {
    for (const [title, shown = title] of [
      ['<script>alert(1)</script>'],
      ['"><svg onload="alert(1)">'],
      ['a & b &amp; c'],
      [']]>'],
      ['\0\x1b\ufffe\ud800', '\ufffd\ufffd\ufffd\ufffd'],
      ['Größe 😀'],
      [''],
    ]) {
      const elements = parse(plan.toSvg({ title }));
      assert.equal(elements[1].text, shown);
      assert.equal(elements.find(({ name }) => name === 'text').text, shown);
      assert.equal(elements.length, parse(plan.toSvg()).length);
    }
  });

  for (const [name, options, message] of [
    ['null', null, /must be an object, not null/],
    ['a string', 'title', /must be an object, not a string/],
    ['an unknown option', { width: 5 }, /'width' is not known/],
    ['a number', { title: 5 }, /title must be a string, not a number/],
    ['an object', { title: { toString: () => 'a' } }, /title must be a string/],
    ['a long one', { title: 'a'.repeat(101) }, /more than 100 characters/],
  ]) {
    test(`refused: ${name}`, () => {
      refuses(() => plan.toSvg(options), UsageError, 'INVALID_ARGUMENT', { message });
    });
  }
});

describe('the pictures of docs/search.md', () => {
  const page = readFileSync(new URL('../search.md', images), 'utf8');
  const shown = [...page.matchAll(/images\/(beacon-[\w-]+)\.svg/g)].map(([, name]) => name);

  test('are all there are', () => {
    const files = readdirSync(images).filter((name) => name.startsWith('beacon-'));
    assert.deepEqual(files.sort(), shown.map((name) => `${name}.svg`).sort());
    assert.deepEqual(Object.keys(plans()).sort(), shown.sort());
  });

  for (const [name, { title, plan }] of Object.entries(plans())) {
    test(`${name} is what planBeacon draws: node tests/support/beacon-pictures.mjs`, () => {
      assert.equal(readFileSync(new URL(`${name}.svg`, images), 'utf8'), plan.toSvg({ title }));
    });
  }

  test('show what the page says of them', () => {
    const { 'beacon-even': even, 'beacon-skewed': skewed } = plans();
    const at = (made, length) => made.plan.lengths[length - 1];
    assert.equal(even.plan.length, 8);
    assert.equal(at(even, 8).smallestGroupSize, 19);
    assert.equal(at(even, 8).guessedByFrequency, 1 / 10_000);
    assert.equal(at(even, 12).expectedGroupSize.toFixed(1), '3.4');
    assert.equal(at(even, 12).smallestGroupSize, 1);
    assert.equal(skewed.plan.length, 8);
    assert.equal(skewed.plan.largestShare.toFixed(2), '0.12');
    assert.equal(at(skewed, 9).guessedByFrequency.toFixed(2), '0.38');
    assert.equal(at(skewed, 8).guessedByFrequency.toFixed(2), '0.34');
    assert.equal(at(skewed, 8).falsePositives.toFixed(1), '0.9');
  });

  test('partitions at random cost and reveal what a shorter beacon does', () => {
    const names = counts(Array.from({ length: 2000 }, (_, i) => Math.round(20_000 / (i + 1))));
    const target = { maxFalsePositives: 0.9 };
    const [one, four] = [1, 4].map((numberOfPartitions) =>
      planBeacon(names, { target, numberOfPartitions }),
    );
    assert.equal(four.length, one.length + 2);
    for (const { length, falsePositives, guessedAtMost } of one.lengths.slice(3, 61)) {
      const same = four.lengths[length + 1];
      assert.ok(Math.abs(same.falsePositives - falsePositives) < 0.01);
      assert.ok(Math.abs(same.guessedAtMost - guessedAtMost) < 0.02);
    }
  });
});
