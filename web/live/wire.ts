// What the server sends to the app, as types. Times are milliseconds; texts are plain.

export type Session = {
  readonly me: {
    readonly id: number;
    readonly name: string;
    readonly email: string;
    readonly role: string;
  };
  readonly workspace: { readonly id: number; readonly name: string };
  readonly build: string | null;
};
