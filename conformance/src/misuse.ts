/** The suite was asked for something that makes no sense; its message says what. */
export class Misuse extends Error {}
