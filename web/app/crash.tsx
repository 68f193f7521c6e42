// What is shown instead of a place that failed, or that does not exist.

import { Button } from '../parts/button.tsx';
import { EmptyPlace } from '../parts/empty-place.tsx';
import { words } from '../words/en.ts';

export const Crash = () => (
  <main>
    <EmptyPlace title={words.errors.crashed}>
      <Button onClick={() => location.assign('/app')}>{words.reload}</Button>
    </EmptyPlace>
  </main>
);
