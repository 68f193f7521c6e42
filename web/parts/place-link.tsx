// A link to a place of the app: without loading the page, unless another tab or window is asked for.

import type { AnchorHTMLAttributes } from 'react';
import { goTo, type Place, pathOf } from '../app/place.ts';

type PlaceLinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly to: Place };

export const PlaceLink = ({ to, children, ...rest }: PlaceLinkProps) => (
  <a
    {...rest}
    href={pathOf(to)}
    onClick={(event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      goTo(to);
    }}
  >
    {children}
  </a>
);
