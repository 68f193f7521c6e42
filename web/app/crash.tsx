// Catches what a place throws: a bug. What was written is kept, so loading the page again is safe.

import { Component, type ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { EmptyPlace } from '../parts/empty-place.tsx';
import { words } from '../words/en.ts';

export class CrashGuard extends Component<{ readonly children: ReactNode }> {
  override readonly state = { hasCrashed: false };

  static getDerivedStateFromError() {
    return { hasCrashed: true };
  }

  override render() {
    if (!this.state.hasCrashed) return this.props.children;
    return (
      <main>
        <EmptyPlace icon="alert" title={words.errors.crashed}>
          <Button onClick={() => location.reload()}>{words.reload}</Button>
        </EmptyPlace>
      </main>
    );
  }
}
