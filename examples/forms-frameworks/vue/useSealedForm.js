import { ref, watch } from 'vue';

import { sealForm } from 'fieldseal/forms';

/**
 * Has the form with `ref="form"` seal itself, from the moment it is in the page until it is taken out.
 *
 * @param options - of `sealForm`
 * @returns `send` seals what is in the form and posts it; its response, or undefined if nothing was sent: the form says why
 */
export function useSealedForm(options) {
  const form = ref(null);
  let sealing;
  watch(
    form,
    (element, before, onCleanup) => {
      if (!element) return;
      sealing = sealForm(element, options);
      onCleanup(() => sealing.stop());
    },
    { flush: 'post' },
  );
  const send = (url) => sealing.send(url).catch(() => undefined);
  return { form, send };
}
