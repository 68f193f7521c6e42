// Stands for the installed package `@parley-server/receiver` in this checkout: re-exports its source.

export * from '../src/receiver/receiver.ts';
