/** The time, as a value that is handed in: code asks its `Clock`, tests hand in one that they set. */
export type Clock = () => Date;

/** The machine's own time. */
export const systemClock: Clock = () => new Date();
