/**
 * The server's contract names one type of Node's. The page shares the contract's types and must not see the rest of Node's.
 */
declare module 'node:stream' {
  export type Readable = unknown;
}
