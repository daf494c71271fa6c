/* Loaded when it is needed: a page that was opened before a release asks for it after. */
export function total(things) {
    return things.reduce((sum, thing) => sum + thing, 0);
}
