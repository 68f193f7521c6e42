// Stands for the installed package `@parley-server/receiver` in this checkout: the examples' is the sources' own.

export * from '../src/receiver/receiver.ts';
