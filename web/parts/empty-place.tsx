// A place where nothing is: it says so, and what to do.

import type { ReactNode } from 'react';
import './empty-place.css';
import { Icon, type IconName } from './icon.tsx';

type EmptyPlaceProps = {
  readonly title: string;
  readonly help?: string;
  readonly icon?: IconName;
  readonly children?: ReactNode;
};

export const EmptyPlace = ({ title, help, icon, children }: EmptyPlaceProps) => (
  <div className="empty-place">
    {icon !== undefined && <Icon name={icon} size={28} />}
    <p className="empty-title">{title}</p>
    {help !== undefined && <p className="empty-help">{help}</p>}
    {children}
  </div>
);
