// What is said of the exported names, in the declarations that users' editors read: comments, examples, links.

import ts from 'typescript-5.0';

import { ownDeclarations, readEntryPoints, resolved } from '../packaging/interface.mjs';

/**
 * Every exported name once, under the entry point that has it first: `fieldseal` comes first, of which `fieldseal/items`
 * is a part.
 *
 * @param folder - of the package; by default `pkg/`
 */
export function exportedNames(folder) {
  const { checker, entries } = readEntryPoints(folder);
  const exported = new Map(entries.flatMap(({ exported }) => [...exported]).reverse());
  const reader = new Reader(checker, exported, folder);
  const names = new Map();
  for (const { name: entry, exported } of entries) {
    for (const [name, symbol] of exported) {
      if (!names.has(symbol)) names.set(symbol, reader.name(entry, name, symbol));
    }
  }
  return names;
}

class Reader {
  #checker;
  #exported;
  #folder;

  constructor(checker, exported, folder) {
    this.#checker = checker;
    this.#exported = exported;
    this.#folder = folder;
  }

  name(entry, name, symbol) {
    const declarations = ownDeclarations(symbol, this.#folder);
    const comments = declarations.flatMap(commentsOf);
    // Each overload has a comment of its own in editors; a class and the interface merged with it share one.
    const overloads = declarations.every(ts.isFunctionDeclaration);
    const members = this.#members(symbol, declarations);
    return {
      title: `${entry}: ${name}`,
      name,
      kind: kindOf(name, declarations),
      commented: overloads ? declarations.every(isCommented) : comments.length > 0,
      throws: comments.some((comment) =>
        comment.tags?.some(({ tagName }) => tagName.text === 'throws'),
      ),
      examples: comments.flatMap(examplesOf),
      links: comments.flatMap((comment) => this.#links(comment)),
      members,
    };
  }

  /** What a user of a class or an interface has, inherited members too. */
  #members(symbol, declarations) {
    const [first] = declarations;
    if (!ts.isClassDeclaration(first) && !ts.isInterfaceDeclaration(first)) return [];
    const types = [this.#checker.getDeclaredTypeOfSymbol(symbol)];
    if (ts.isClassDeclaration(first)) types.push(this.#checker.getTypeOfSymbol(symbol));
    return types
      .flatMap((type) => this.#checker.getPropertiesOfType(type))
      .map((member) => ({ member, nodes: ownDeclarations(member, this.#folder).filter(isNamed) }))
      .filter(({ nodes }) => nodes.length > 0)
      .map(({ member, nodes }) => ({
        name: member.name,
        isMethod: nodes.some((node) => ts.isMethodDeclaration(node) || ts.isMethodSignature(node)),
        commented: nodes.every(isCommented),
        examples: nodes.flatMap(commentsOf).flatMap(examplesOf),
        links: nodes.flatMap(commentsOf).flatMap((comment) => this.#links(comment)),
        // A base class shows its methods with examples of its own.
        declaredIn: nodes.map(({ parent }) => this.#checker.getSymbolAtLocation(parent.name)),
      }));
  }

  /** Every `{@link …}` of a comment: its words, the symbol that it leads to, and whose member that is. */
  #links(comment) {
    const links = [];
    const visit = (node) => {
      if (ts.isJSDocLink(node) || ts.isJSDocLinkCode(node) || ts.isJSDocLinkPlain(node)) {
        links.push({ words: node.getText(), ...this.#target(node) });
      }
      ts.forEachChild(node, visit);
    };
    visit(comment);
    return links;
  }

  #target({ name }) {
    if (!name) return {};
    const words = name.getText().split('.');
    const top = this.#at(name) ?? this.#exported.get(words[0]);
    if (words.length === 1) return { symbol: top };
    // What the file itself does not name is an exported name.
    const owner = this.#at(name.left) ?? this.#exported.get(words[0]);
    const member = owner?.members?.get(words[1]) ?? owner?.exports?.get(words[1]);
    const inherited = () =>
      owner && this.#checker.getDeclaredTypeOfSymbol(owner).getProperty(words[1]);
    return { symbol: member ?? inherited(), owner };
  }

  #at(name) {
    const symbol = name && this.#checker.getSymbolAtLocation(name);
    return symbol && resolved(this.#checker, symbol);
  }
}

/** What a name is: what it must have depends on it. */
function kindOf(name, declarations) {
  if (declarations.some(ts.isClassDeclaration)) return 'class';
  if (declarations.some(ts.isFunctionDeclaration)) return 'function';
  if (declarations.some(ts.isVariableStatement)) return 'constant';
  return name.endsWith('Options') ? 'options' : 'type';
}

/** Not the brands by which the compiler tells types apart: their names are symbols. */
const isNamed = ({ name }) => ts.isIdentifier(name) || ts.isStringLiteral(name);

/** The comment of a declaration: the last before it, as editors take it. */
const commentsOf = (node) => (node.jsDoc ?? []).slice(-1).filter(({ comment }) => comment);
const isCommented = (node) => commentsOf(node).length > 0;

/**
 * The examples of a comment: after each `@example` one block of code, before the next tag. `undefined` where there is
 * none.
 */
function examplesOf(comment) {
  // Without the asterisks at the beginning of its lines.
  const text = comment.getText().replaceAll(/^[ \t]*\*(?: |$)/gm, '');
  const examples = text.split(/^@example\b/m).slice(1);
  return examples.map((example) => /^[^@]*?^```ts\n([^]*?)^```$/m.exec(example)?.[1]);
}
