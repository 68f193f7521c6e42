// Actions that work in every place: going somewhere, the palette, the theme, signing out.

import { useQueryClient } from '@tanstack/react-query';
import { useActions } from '../actions/registry.ts';
import { showToast } from '../parts/toast.tsx';
import { words } from '../words/en.ts';
import { openDialog } from './dialogs.tsx';
import { goTo } from './place.ts';
import { signOut } from './session.ts';
import { currentTheme, setTheme, themes } from './theme.ts';
import { useWorkspace } from './workspace.tsx';

export function AppActions() {
  const { session } = useWorkspace();
  const client = useQueryClient();
  const workspace = session.workspace.id;
  const go = (view: string) => () =>
    goTo({ name: 'inbox', workspace, view, conversation: null, sort: 'waiting' });
  useActions({
    goMine: go('mine'),
    goUnassigned: go('unassigned'),
    goAll: go('all'),
    goSnoozed: go('snoozed'),
    goClosed: go('closed'),
    palette: () => openDialog({ kind: 'palette' }),
    sheet: () => openDialog({ kind: 'sheet' }),
    theme() {
      const next = themes[(themes.indexOf(currentTheme()) + 1) % themes.length]!;
      setTheme(next);
      showToast({ text: `${words.account.theme}: ${words.account.themes[next]}` });
    },
    signOut() {
      signOut(client).catch((error: Error) =>
        showToast({ text: words.toast.failed(error.message), isFailure: true }),
      );
    },
  });
  return null;
}
