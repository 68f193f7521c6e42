// Stands for the installed package `parley` in this checkout: `parley/receiver` of the examples is the sources' own.

export * from '../src/receiver/receiver.ts';
