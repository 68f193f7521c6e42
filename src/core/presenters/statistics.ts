// The statistics of a conversation as the wire shows them (contract D.2, G 7). Parley has no office hours: durations
// count all hours.

import type { Conversation } from '../model/model.ts';
import { secondsUntil } from '../model/statistics.ts';
import { secondsOrNull } from './seconds.ts';

export const presentStatistics = (conversation: Conversation): object => {
  const { statistics: of } = conversation;
  const until = (moment: number | undefined) => secondsUntil(conversation, moment);
  const at = (moment: number | undefined) => secondsOrNull(moment ?? null);
  return {
    type: 'conversation_statistics',
    time_to_assignment: until(of.assignmentBeforeReplyAt),
    time_to_admin_reply: until(of.firstAdminReplyAt),
    time_to_first_close: until(of.firstCloseAt),
    time_to_last_close: until(of.lastCloseAt),
    median_time_to_reply: of.medianWait ?? null,
    first_contact_reply_at: secondsOrNull(conversation.firstContactReplyAt),
    first_assignment_at: at(of.firstAssignmentAt),
    first_admin_reply_at: at(of.firstAdminReplyAt),
    first_close_at: at(of.firstCloseAt),
    last_assignment_at: at(of.lastAssignmentAt),
    last_assignment_admin_reply_at: at(of.lastAssignmentAdminReplyAt),
    last_contact_reply_at: secondsOrNull(conversation.lastContactReplyAt),
    last_admin_reply_at: at(of.lastAdminReplyAt),
    last_close_at: at(of.lastCloseAt),
    last_closed_by_id: of.lastClosedById ?? null,
    count_reopens: conversation.countReopens,
    count_assignments: of.assignmentCount ?? 0,
    count_conversation_parts: conversation.partCount,
    assigned_team_first_response_time: [],
    assigned_team_first_response_time_in_office_hours: [],
    handling_time: null,
    adjusted_handling_time: null,
  };
};
