// The dialogs themselves: the palette, the sheet of shortcuts, and choosing one of many.

import { useEffect, useRef, useState } from 'react';
import { areSingleKeysOn, setSingleKeys } from '../actions/keys.ts';
import { actions, type GroupId, isPossible, keyOf, printedKey, run } from '../actions/registry.ts';
import { IconButton } from '../parts/button.tsx';
import { type Choice, Picker } from '../parts/picker.tsx';
import { words } from '../words/en.ts';
import './dialog-kinds.css';
import type { DialogProps } from './dialogs.tsx';

export function Dialog({ request, onClose }: DialogProps) {
  switch (request.kind) {
    case 'palette':
      return (
        <Picker
          title={words.picker.command}
          choices={possibleActions()}
          // Once this dialog has given the focus back.
          onChoose={(id) => setTimeout(() => run(id as (typeof actions)[number]['id']))}
          onClose={onClose}
        />
      );
    case 'sheet':
      return <Sheet onClose={onClose} />;
    case 'pick':
      return <Picker {...request} onClose={onClose} />;
  }
}

const possibleActions = (): readonly Choice[] =>
  groups.flatMap((group) =>
    actions
      .filter(({ id, ...action }) => action.group === group && id !== 'palette' && isPossible(id))
      .map(({ id }) => ({
        id,
        title: words.actions[id],
        group: words.groups[group],
        shortcut: keyOf(id),
      })),
  );

const groups = Object.keys(words.groups) as GroupId[];

function Sheet({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [areOn, setAreOn] = useState(areSingleKeysOn);
  useEffect(() => {
    dialog.current?.showModal();
    // Not the first button, whose tooltip would open.
    dialog.current?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="sheet"
      tabIndex={-1}
      aria-labelledby="sheet-title"
      onClose={onClose}
    >
      <header className="sheet-head">
        <h2 id="sheet-title">{words.actions.sheet}</h2>
        <IconButton
          icon="close"
          label={words.picker.close}
          onClick={() => dialog.current?.close()}
        />
      </header>
      <div className="sheet-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{words.groups[group]}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group && action.keys.length > 0)
                .map(({ id, keys }) => (
                  <div key={id}>
                    <dt>{words.actions[id]}</dt>
                    <dd>
                      {keys.map((key) => (
                        <kbd key={key}>{printedKey(key)}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <label className="sheet-single">
        <input
          type="checkbox"
          checked={areOn}
          onChange={({ target }) => {
            setSingleKeys(target.checked);
            setAreOn(target.checked);
          }}
        />
        <span>
          {words.account.keys}
          <small>{words.account.keysHint}</small>
        </span>
      </label>
    </dialog>
  );
}
