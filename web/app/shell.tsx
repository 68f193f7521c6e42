// The frame of every place of a workspace. Leads to the sign-in page when the session ends.

import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { sessionQuery } from './session.ts';

export function Shell() {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const here = useRouterState({ select: ({ location }) => location.href });
  useEffect(() => {
    if (session === null) void navigate({ to: '/sign-in', search: { to: here, ended: true } });
  }, [session, navigate, here]);
  if (session === null || session === undefined) return null;
  return <Outlet />;
}
