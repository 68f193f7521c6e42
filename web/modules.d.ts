// Style sheets are imported for their effect: the bundler collects them into one file.
declare module '*.css';

// The address of a script that is built as a shared worker.
declare module '*?sharedworker&url' {
  const url: string;
  export default url;
}
