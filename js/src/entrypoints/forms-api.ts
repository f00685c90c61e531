/** Everything that `fieldseal/forms` exports, in every host. */

export { checkSealed, type CheckedSealed, type CheckSealedOptions } from '../forms/check-sealed.js';
export type { FormBody } from '../forms/body.js';
export {
  openForm,
  type FormValue,
  type OpenedFile,
  type OpenedForm,
  type OpenFormOptions,
} from '../forms/open-form.js';
export { sealForm, type SealFormOptions } from '../forms/seal-form.js';
export { openField, sealField, type FieldOptions } from '../forms/token.js';
export type {
  FileDescription,
  FormErrorDetail,
  FormKeys,
  FormProgressDetail,
  FormSealing,
  FormStyle,
  FormTable,
  SealedForm,
  SealOptions,
} from '../forms/types.js';
