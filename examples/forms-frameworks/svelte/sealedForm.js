import { sealForm } from 'fieldseal/forms';

/**
 * Has the form with `{@attach attach}` seal itself, from the moment it is in the page until it is taken out.
 *
 * @param options - of `sealForm`
 * @returns `send` seals what is in the form and posts it; its response, or undefined if nothing was sent: the form says why
 */
export function sealedForm(options) {
  let sealing;
  const attach = (form) => {
    sealing = sealForm(form, options);
    return () => sealing.stop();
  };
  const send = (url) => sealing.send(url).catch(() => undefined);
  return { attach, send };
}
