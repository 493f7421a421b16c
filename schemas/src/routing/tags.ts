/** What a tag of mail looks like. */
export const TAG = /^[\w-]{1,64}$/;
