// Replaces the address in examples by that of the server that the page was loaded from.

for (const mark of document.querySelectorAll('[data-origin]')) mark.textContent = location.origin;
