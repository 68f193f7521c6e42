-- What an app shows, and where its people are: whether a channel has buttons, and in which zone times are written out.
-- Lock cost: none to speak of, both columns come without a rewrite. Rollback: drop the columns.

alter table parley.channels
  add column has_buttons boolean not null default true,
  add column time_zone text;
