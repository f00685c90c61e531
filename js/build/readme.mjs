// The npm README: that of the repository, with links and images that work from anywhere.

const REPOSITORY = 'https://github.com/fieldseal/fieldseal';
const FILES = `${REPOSITORY}/blob/main/`;
const IMAGES = 'https://raw.githubusercontent.com/fieldseal/fieldseal/main/';

export function npmReadme(text) {
  return text
    .replace(/\]\((?!https?:|#)([^)]+)\)/g, (_, path) => `](${FILES}${path})`)
    .replace(
      /\b(src|srcset)="(?!https?:)([^"]+)"/g,
      (_, name, path) => `${name}="${IMAGES}${path}"`,
    );
}
