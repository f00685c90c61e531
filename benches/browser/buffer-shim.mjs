// The official browser client expects Node's Buffer to be there.
export { Buffer } from 'buffer';
