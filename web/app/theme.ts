// The theme: a cookie, so that the server writes the class and the first paint has it.

export type Theme = 'system' | 'light' | 'dark';

export const themes: readonly Theme[] = ['system', 'light', 'dark'];

const YEAR_S = 31_536_000;

export function currentTheme(): Theme {
  return themes.find((theme) => document.documentElement.classList.contains(theme)) ?? 'system';
}

export function setTheme(theme: Theme): void {
  document.documentElement.classList.remove(...themes);
  document.documentElement.classList.add(theme);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS.
  document.cookie = `parley_theme=${theme}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;
}
