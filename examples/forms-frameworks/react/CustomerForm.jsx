import { useState } from 'react';

import { options } from '../sealing.js';
import { useSealedForm } from './useSealedForm.js';

export function CustomerForm() {
  const { ref, send } = useSealedForm(options);
  const [answer, setAnswer] = useState({});
  const problem = answer.field === 'ssn' ? answer.message : undefined;

  async function submit(event) {
    event.preventDefault();
    setAnswer({});
    const response = await send('/customers');
    if (response) setAnswer(await response.json());
  }

  return (
    <form ref={ref} onSubmit={submit}>
      <label htmlFor="email">E-mail</label>
      <input id="email" name="email" type="email" required autoComplete="email" />
      <label htmlFor="ssn">SSN, as 000-00-0000</label>
      <input
        id="ssn"
        name="ssn"
        data-seal
        required
        pattern="\d{3}-\d{2}-\d{4}"
        aria-invalid={problem && 'true'}
        aria-describedby={problem && 'ssn-problem'}
      />
      {problem && (
        <p id="ssn-problem" role="alert">
          {problem}
        </p>
      )}
      <button>Send</button>
      <p role="status">{!problem && answer.message}</p>
    </form>
  );
}
