// Output of the demo: colour on a terminal only, and never when NO_COLOR is set.

const isColoured = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;

/** Text in a style; `padded` pads what is seen, not the codes around it. */
function styled(code) {
  return (text) => {
    const paint = (shown) => (isColoured ? `\x1b[${code}m${shown}\x1b[0m` : shown);
    return { toString: () => paint(text), padded: (width) => paint(text.padEnd(width)) };
  };
}

export const bold = styled(1);
export const dim = styled(2);
export const good = styled(32);
export const plain = styled(33);
export const warn = styled(31);

export function line(text) {
  process.stdout.write(`   ${text}\n`);
}

export function heading(text) {
  process.stdout.write(`${bold(text)}\n`);
}

let steps = 0;

/** Begins a step, with what it proves. */
export function step(title, proves) {
  process.stdout.write(`\n${bold(`${++steps}  ${title}`)}\n`);
  line(dim(proves));
}

/** Runs something that takes a while; says so before, and how long it took after. */
export async function progress(what, run) {
  process.stdout.write(`   ${what} … `);
  const started = performance.now();
  const result = await run();
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}
