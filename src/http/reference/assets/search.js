// Searches calls, events, errors and guides while the user types. The index is loaded from this server when the field is
// first used. The typed text never leaves the page.

/**
 * @typedef {{ kind: string, title: string, url: string, detail: string, text: string }} Entry
 */

const RESULTS_MAX = 12;

const search = /** @type {HTMLElement} */ (document.querySelector('.search'));
const field = /** @type {HTMLInputElement} */ (search.querySelector('input'));
const list = /** @type {HTMLElement} */ (search.querySelector('[role=listbox]'));
const told = /** @type {HTMLElement} */ (search.querySelector('[role=status]'));
/** @type {Promise<readonly Entry[]> | undefined} */
let index;
let active = -1;
let turn = 0;

search.hidden = false;

/** @returns {Promise<readonly Entry[]>} */
async function load() {
  const response = await fetch('/docs/search.json', { credentials: 'omit' });
  if (!response.ok) throw new Error(`search.json: ${response.status}`);
  return response.json();
}

const wordsOf = (/** @type {string} */ text) =>
  text
    .toLowerCase()
    .split(/[\s/]+/)
    .filter((word) => word !== '');

/**
 * Scores how well an entry matches; 0 if it lacks a word.
 * @param {Entry} entry
 * @param {readonly string[]} words
 */
function score(entry, words) {
  const title = entry.title.toLowerCase();
  const detail = entry.detail.toLowerCase();
  const text = entry.text.toLowerCase();
  let sum = title === words.join(' ') ? 50 : 0;
  for (const word of words) {
    const start = title.indexOf(word);
    if (start === 0 || /[\s_./(]/.test(title[start - 1] ?? 'x')) sum += 20;
    else if (start > 0) sum += 10;
    else if (detail.includes(word)) sum += 8;
    else if (text.includes(word)) sum += 2;
    else return 0;
  }
  return sum;
}

/**
 * Appends the text with the matches marked.
 * @param {HTMLElement} element
 * @param {string} text
 * @param {readonly string[]} words
 */
function fill(element, text, words) {
  const pattern = words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  let end = 0;
  for (const match of text.matchAll(new RegExp(pattern, 'gi'))) {
    const mark = document.createElement('mark');
    mark.textContent = match[0];
    element.append(text.slice(end, match.index), mark);
    end = match.index + match[0].length;
  }
  element.append(text.slice(end));
}

/** Returns the text around the first match. */
const excerpt = (/** @type {string} */ text, /** @type {readonly string[]} */ words) => {
  const lower = text.toLowerCase();
  const at = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
  if (at.length === 0) return text.slice(0, 90);
  const first = Math.min(...at);
  const start = first < 40 ? 0 : text.indexOf(' ', first - 30) + 1;
  return (start > 0 ? '… ' : '') + text.slice(start, start + 90);
};

/** @param {Entry} entry @param {number} place @param {readonly string[]} words */
function option(entry, place, words) {
  const link = document.createElement('a');
  link.href = entry.url;
  link.id = `result-${place}`;
  link.tabIndex = -1;
  link.setAttribute('role', 'option');
  const kind = document.createElement('span');
  kind.className = 'kind';
  kind.textContent = entry.kind;
  const title = document.createElement('span');
  title.className = 'title';
  fill(title, entry.title, words);
  const detail = document.createElement('span');
  detail.className = 'detail';
  const isInText = words.some(
    (word) => !`${entry.title} ${entry.detail}`.toLowerCase().includes(word),
  );
  fill(detail, isInText ? excerpt(entry.text, words) : entry.detail, words);
  link.append(kind, title, detail);
  link.addEventListener('click', close);
  return link;
}

function close() {
  list.hidden = true;
  list.replaceChildren();
  told.textContent = '';
  active = -1;
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
}

/** @param {number} place */
function choose(place) {
  const options = [...list.children];
  if (options.length === 0) return;
  active = (place + options.length) % options.length;
  for (const [at, one] of options.entries()) one.setAttribute('aria-selected', `${at === active}`);
  options[active]?.scrollIntoView({ block: 'nearest' });
  field.setAttribute('aria-activedescendant', `result-${active}`);
}

async function show() {
  turn += 1;
  const mine = turn;
  const words = wordsOf(field.value);
  if (words.length === 0) return close();
  index ??= load();
  /** @type {readonly Entry[]} */
  let entries;
  try {
    entries = await index;
  } catch {
    index = undefined;
    entries = [];
  }
  if (mine !== turn) return;
  const found = entries
    .map((entry) => ({ entry, fit: score(entry, words) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((a, b) => b.fit - a.fit)
    .slice(0, RESULTS_MAX);
  list.replaceChildren(...found.map(({ entry }, place) => option(entry, place, words)));
  list.hidden = found.length === 0;
  field.setAttribute('aria-expanded', `${found.length > 0}`);
  const count = found.length === 1 ? '1 result' : `${found.length} results`;
  told.textContent = entries.length === 0 ? 'The search could not be loaded' : count;
  told.classList.toggle('unseen', found.length > 0);
  if (found.length > 0) choose(0);
}

field.addEventListener('input', show);
field.addEventListener('focus', () => {
  index ??= load().catch(() => {
    index = undefined;
    return [];
  });
  if (field.value !== '') void show();
});
field.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown') choose(active + 1);
  else if (event.key === 'ArrowUp') choose(active - 1);
  else if (event.key === 'Enter')
    /** @type {HTMLElement | null} */ (list.children[active])?.click();
  else if (event.key === 'Escape' && list.hidden) field.blur();
  else if (event.key === 'Escape') {
    field.value = '';
    close();
  } else return;
  event.preventDefault();
});
search.addEventListener('focusout', ({ relatedTarget }) => {
  if (!search.contains(/** @type {Node | null} */ (relatedTarget))) close();
});

document.addEventListener('keydown', (event) => {
  const { target } = event;
  const isTyping = target instanceof Element && target.closest('input, textarea, select') !== null;
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
  field.select();
});
