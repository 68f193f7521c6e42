// A dialog in which one of many things is chosen by typing: the palette, assignees, times to snooze until. Owns the
// filter and the keyboard; knows nothing of what is chosen.

import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { words } from '../words/en.ts';
import { Avatar } from './avatar.tsx';
import { Icon, type IconName } from './icon.tsx';
import './picker.css';

export type Choice = {
  readonly id: string;
  readonly title: string;
  readonly hint?: string | undefined;
  readonly group?: string | undefined;
  readonly icon?: IconName;
  /** Shows initials instead of an icon. */
  readonly person?: string;
  readonly shortcut?: string | undefined;
  readonly isCurrent?: boolean;
};

type PickerProps = {
  readonly title: string;
  readonly choices: readonly Choice[];
  readonly onChoose: (id: string) => void;
  readonly onClose: () => void;
};

/** Choices whose title has all words that were typed; those that begin with them first. */
export function filterChoices(choices: readonly Choice[], typed: string): readonly Choice[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return choices;
  const found = choices.filter(({ title, hint = '' }) =>
    wanted.every((word) => `${title} ${hint}`.toLowerCase().includes(word)),
  );
  const begins = ({ title }: Choice) => title.toLowerCase().startsWith(wanted[0]!);
  return [...found.filter(begins), ...found.filter((choice) => !begins(choice))];
}

export function Picker({ title, choices, onChoose, onClose }: PickerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo(() => filterChoices(choices, typed), [choices, typed]);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const active = found[Math.min(at, found.length - 1)];
  useEffect(() => {
    if (active !== undefined) {
      document.getElementById(`${id}-${active.id}`)?.scrollIntoView({ block: 'nearest' });
    }
  }, [active, id]);
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    onClose();
    onChoose(choice.id);
  };
  const move = (step: number) => setAt((at + step + found.length) % Math.max(1, found.length));
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog; this is the click beside it.
    <dialog
      ref={dialog}
      className="picker"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="picker-field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-label={title}
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active === undefined ? undefined : `${id}-${active.id}`}
          placeholder={title}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === 'ArrowDown') move(1);
            else if (event.key === 'ArrowUp') move(-1);
            else if (event.key === 'Enter') choose(active);
            else return;
            event.preventDefault();
          }}
        />
        <kbd>Esc</kbd>
      </div>
      <div className="picker-list" id={`${id}-list`} role="listbox" aria-label={title}>
        {found.map((choice, index) => (
          <PickerRow
            key={choice.id}
            id={`${id}-${choice.id}`}
            choice={choice}
            isActive={choice === active}
            heading={
              typed === '' && choice.group !== found[index - 1]?.group ? choice.group : undefined
            }
            onChoose={() => choose(choice)}
            onPoint={() => setAt(index)}
          />
        ))}
      </div>
      {found.length === 0 && <p className="picker-nothing">{words.picker.nothing}</p>}
    </dialog>
  );
}

type PickerRowProps = {
  readonly id: string;
  readonly choice: Choice;
  readonly isActive: boolean;
  readonly heading: string | undefined;
  readonly onChoose: () => void;
  readonly onPoint: () => void;
};

const PickerRow = ({ id, choice, isActive, heading, onChoose, onPoint }: PickerRowProps) => (
  <>
    {heading !== undefined && (
      <p className="picker-group" role="presentation">
        {heading}
      </p>
    )}
    {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys. */}
    <div
      className="picker-row"
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      onClick={onChoose}
      onPointerMove={isActive ? undefined : onPoint}
    >
      {choice.person !== undefined && <Avatar name={choice.person} size="small" />}
      {choice.icon !== undefined && <Icon name={choice.icon} />}
      <span className="picker-title" dir="auto">
        {choice.title}
      </span>
      {choice.hint !== undefined && <span className="picker-hint">{choice.hint}</span>}
      {choice.isCurrent && <Icon name="check" />}
      {choice.shortcut !== undefined && <kbd>{choice.shortcut}</kbd>}
    </div>
  </>
);
