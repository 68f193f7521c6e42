// Something did not load: what happened, another attempt, and the id of the request to copy.

import { ApiFailure } from '../live/api.ts';
import { words } from '../words/en.ts';
import { Button } from './button.tsx';
import { EmptyPlace } from './empty-place.tsx';

type FailureProps = {
  readonly title: string;
  readonly error: unknown;
  readonly onAgain: () => void;
};

export function Failure({ title, error, onAgain }: FailureProps) {
  const { message, requestId } =
    error instanceof ApiFailure ? error : { message: words.errors.unknown, requestId: null };
  const help = requestId === null ? message : `${message} ${words.request(requestId)}`;
  return (
    <EmptyPlace icon="alert" title={title} help={help}>
      <Button onClick={onAgain}>{words.tryAgain}</Button>
    </EmptyPlace>
  );
}
