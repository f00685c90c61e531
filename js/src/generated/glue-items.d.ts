/**
 * The glue of the items core. It lacks the functions of what that core does not have; no function of `fieldseal/items`
 * calls them.
 */
export { default } from './glue.js';
