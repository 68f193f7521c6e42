// The badge of a call's method or of an event, in the menu and on the page.

import { type Html, html } from './html.ts';

export const methodBadge = (method: string): Html =>
  html`<span class="method ${method.toLowerCase()}">${method}</span> `;
