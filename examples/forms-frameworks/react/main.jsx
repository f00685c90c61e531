import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { CustomerForm } from './CustomerForm.jsx';

function App() {
  const [open, setOpen] = useState(true);
  return (
    <>
      <button onClick={() => setOpen(!open)}>{open ? 'Close' : 'Open'} the form</button>
      {open && <CustomerForm />}
    </>
  );
}

createRoot(document.getElementById('app')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
