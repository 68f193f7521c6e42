// Tries a call: sends the form to this server and shows the response. The token is only in the fields of the page: never
// stored, not in a cookie, and wiped when the user leaves the page.

/** Maximum length of a streamed response on the page. */
const SHOWN_CHARACTERS_MAX = 256 * 1024;

const forms = [...document.querySelectorAll('form[data-path]')].map(
  (form) => /** @type {HTMLFormElement} */ (form),
);
const tokenFields = forms.flatMap((form) => [
  .../** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('[name=token]')),
]);

for (const field of tokenFields) {
  field.addEventListener('input', () => {
    for (const other of tokenFields) if (other !== field) other.value = field.value;
  });
}
addEventListener('pagehide', () => {
  for (const field of tokenFields) field.value = '';
});

/** Indents JSON; its numbers and texts stay exactly as they are. @param {string} text */
function indent(text) {
  let depth = 0;
  const line = (/** @type {number} */ by) => {
    depth += by;
    return `\n${'  '.repeat(Math.max(depth, 0))}`;
  };
  return text.replaceAll(
    /("(?:[^"\\]|\\.)*")|\s+|([[{]\s*[\]}])|([[{])|([\]}])|(,)|(:)/g,
    (...m) => {
      const [all, string, empty, opening, closing, comma, colon] = m;
      if (string !== undefined) return string;
      if (empty !== undefined) return empty.replaceAll(/\s/g, '');
      if (opening !== undefined) return all + line(1);
      if (closing !== undefined) return line(-1) + all;
      if (comma !== undefined) return all + line(0);
      return colon === undefined ? '' : ': ';
    },
  );
}

/** @param {HTMLFormElement} form @returns {{ url: string, options: RequestInit }} */
function readForm(form) {
  const { method = 'GET', path = '/', accept = '*/*' } = form.dataset;
  const headers = new Headers({ Accept: accept });
  const query = new URLSearchParams();
  let filled = path;
  /** @type {string | null} */
  let body = null;
  for (const field of form.querySelectorAll('input, textarea')) {
    const { name, value, dataset } = /** @type {HTMLInputElement} */ (field);
    if (name === 'token' && value !== '') headers.set('Authorization', `Bearer ${value.trim()}`);
    else if (name === 'body') body = value;
    else if (dataset.in === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== '' && dataset.in === 'query') query.set(name, value);
    else if (value !== '' && dataset.in === 'header') headers.set(name, value);
  }
  if (body !== null) headers.set('Content-Type', 'application/json');
  const url = query.size === 0 ? filled : `${filled}?${query}`;
  const privacy = /** @type {const} */ ({
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  });
  return { url, options: { method, headers, body, ...privacy } };
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} text
 */
function made(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** @param {Response} response @param {HTMLElement} block */
async function readBody(response, block) {
  const isJson = (response.headers.get('content-type') ?? '').includes('application/json');
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (reader !== undefined) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    if (text.length > SHOWN_CHARACTERS_MAX) {
      await reader.cancel();
      block.textContent = `${text.slice(0, SHOWN_CHARACTERS_MAX)}\n… the rest is not shown`;
      return;
    }
    if (!isJson) block.textContent = text;
  }
  block.textContent = isJson ? indent(text) : text;
}

/** @param {HTMLFormElement} form @param {HTMLElement} output @param {AbortSignal} signal */
async function send(form, output, signal) {
  const startedAt = performance.now();
  try {
    const { url, options } = readForm(form);
    const response = await fetch(url, { ...options, signal });
    const took = Math.round(performance.now() - startedAt);
    const words = `${response.status} ${response.statusText}`.trim();
    const status = made('p', response.ok ? 'status fine' : 'status failed', `${words}, ${took} ms`);
    const headers = document.createElement('details');
    const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    headers.append(made('summary', '', `${lines.length} headers`));
    headers.append(made('pre', '', lines.join('\n')));
    const body = made('pre', 'body', '');
    body.tabIndex = 0;
    body.setAttribute('role', 'region');
    body.setAttribute('aria-label', 'Body of the response');
    output.replaceChildren(status, headers, body);
    await readBody(response, body);
    if (body.textContent === '') body.textContent = '(no body)';
  } catch (error) {
    if (signal.aborted) output.append(made('p', 'status', 'Stopped.'));
    else output.append(made('p', 'status failed', `No response: ${error}`));
  }
}

for (const form of forms) {
  const details = /** @type {HTMLElement} */ (form.parentElement);
  const output = /** @type {HTMLElement} */ (form.querySelector('output'));
  const stop = /** @type {HTMLButtonElement} */ (form.querySelector('.stop'));
  const submit = /** @type {HTMLButtonElement} */ (form.querySelector('[type=submit]'));
  /** @type {AbortController | undefined} */
  let sending;
  details.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (sending !== undefined) return;
    sending = new AbortController();
    submit.setAttribute('aria-disabled', 'true');
    stop.hidden = false;
    output.replaceChildren(made('p', 'status', 'Sending …'));
    await send(form, output, sending.signal);
    sending = undefined;
    submit.removeAttribute('aria-disabled');
    if (document.activeElement === stop) submit.focus();
    stop.hidden = true;
  });
  stop.addEventListener('click', () => sending?.abort());
  addEventListener('pagehide', () => sending?.abort());
}
