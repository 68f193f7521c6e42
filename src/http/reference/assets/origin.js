// The examples call the server that the page was read from.

for (const mark of document.querySelectorAll('[data-origin]')) mark.textContent = location.origin;
