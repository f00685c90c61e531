// The fields that frames may show. What people read there is said here, and by no page that embeds them.

export const fields = {
  ssn: {
    label: 'Social security number',
    hint: 'Nine digits, as 000-00-0000.',
    required: true,
    pattern: '\\d{3}-\\d{2}-\\d{4}',
    inputMode: 'numeric',
    autocomplete: 'off',
  },
  card: {
    label: 'Card number',
    hint: '16 digits, without spaces.',
    required: true,
    pattern: '\\d{16}',
    inputMode: 'numeric',
    autocomplete: 'cc-number',
  },
};
