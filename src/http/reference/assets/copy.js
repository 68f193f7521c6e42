// Adds a copy button to every example. Without scripts, a click on an example selects all of it.

/** @param {string} text */
async function copy(text) {
  // Available only on https and on localhost.
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  if (!isDone) throw new Error('the browser does not let a page copy');
}

for (const figure of document.querySelectorAll('figure')) {
  const code = figure.querySelector('code');
  const caption = figure.querySelector('figcaption');
  if (code === null || caption === null) continue;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy: ${caption.textContent}`);
  const heard = document.createElement('span');
  heard.className = 'unseen';
  heard.setAttribute('role', 'status');
  button.addEventListener('click', async () => {
    const said = await copy(code.textContent ?? '').then(
      () => 'Copied',
      () => 'Not copied',
    );
    button.focus();
    button.textContent = said;
    heard.textContent = said;
    setTimeout(() => {
      button.textContent = 'Copy';
      heard.textContent = '';
    }, 2000);
  });
  caption.append(heard, button);
}
