// Icons as paths: those of Lucide (https://lucide.dev, ISC licence, © Lucide contributors), and the mark of Parley.

import './icon.css';
import paths from './icon-paths.json';

export type IconName = keyof typeof paths;

/** An icon beside words, or in a button that has a name: it says nothing by itself. */
export const Icon = ({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) => (
  <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);

export const Mark = ({ size = 24 }: { readonly size?: number }) => (
  <svg className="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
    <path
      className="mark-ground"
      d="M6 4h20a4 4 0 0 1 4 4v11a4 4 0 0 1-4 4H15l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4Z"
    />
    <path className="mark-lines" d="M9 11h14M9 16h9" />
  </svg>
);
