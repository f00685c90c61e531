import { useCallback, useRef } from 'react';

import { sealForm } from 'fieldseal/forms';

/**
 * Has the form that gets `ref` seal itself, from the moment it is in the page until it is taken out.
 *
 * @param options - of `sealForm`; made outside of the component: with other ones the form is attached anew
 * @returns `send` seals what is in the form and posts it; its response, or undefined if nothing was sent: the form says why
 */
export function useSealedForm(options) {
  const sealing = useRef(null);
  const ref = useCallback(
    (form) => {
      sealing.current = sealForm(form, options);
      return () => sealing.current.stop();
    },
    [options],
  );
  const send = (url) => sealing.current.send(url).catch(() => undefined);
  return { ref, send };
}
