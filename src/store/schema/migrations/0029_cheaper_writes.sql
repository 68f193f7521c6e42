-- What each event of an app costs PostgreSQL: the Bloom filters of channel_events_ranges took 22 of some 106 µs, a plain
-- index takes 12; the lower case of an e-mail by ICU took 7, and is only needed beyond ASCII.
-- Lock cost: channel_events cannot be written while its index is built, some 2 s for each million rows.
-- Rollback: the index and the function of 0024 and 0023.

-- Finds the events of a contact.
create index channel_events_contact on parley.channel_events (contact_id);
drop index parley.channel_events_ranges;

-- Gives the same results as before, so that the columns and indexes that use it stay valid.
create or replace function parley.fold_case(given text) returns text
  language sql immutable strict parallel safe
  return case when octet_length(given) = length(given)
    then lower(given collate "C") collate "default"
    else lower(given collate "und-x-icu") collate "default" end;
