// The inbox: views, the list of one view, and a conversation of it.
export const Inbox = () => null;
