// Buttons: the one main act of a place, ordinary ones, and those that are only an icon, with a tooltip.

import type { ButtonHTMLAttributes, ReactNode } from 'react';
import './button.css';
import { Icon, type IconName } from './icon.tsx';

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly kind?: 'main' | 'plain' | 'quiet' | 'note';
  readonly children: ReactNode;
};

export const Button = ({ kind = 'plain', className = '', ...rest }: ButtonProps) => (
  <button type="button" className={`button button-${kind} ${className}`} {...rest} />
);

type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly icon: IconName;
  /** Its name for screen readers, and the tooltip. */
  readonly label: string;
  readonly shortcut?: string | undefined;
  /** On which side the tooltip opens. */
  readonly tip?: 'below' | 'above';
};

export const IconButton = ({
  icon,
  label,
  shortcut,
  tip = 'below',
  className = '',
  ...rest
}: IconButtonProps) => (
  <button
    type="button"
    className={`icon-button tip-${tip} ${className}`}
    aria-label={label}
    {...rest}
  >
    <Icon name={icon} size={18} />
    <span className="tip" aria-hidden="true">
      {label}
      {shortcut !== undefined && <kbd>{shortcut}</kbd>}
    </span>
  </button>
);
