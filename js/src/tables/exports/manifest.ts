/** The list of an export's data files. */

import { signalOption, type CallOptions } from '../../util/signal.js';
import { malformed, membersOf, parseJson } from '../changes/read.js';
import { fileBytes, mustBeFile, type FileStream } from './file-bytes.js';
import { linesOf, textOf } from './lines.js';

/** A data file of an export, as {@link readExportManifest} finds it. */
export interface ExportedFile {
  /** Its key in the bucket of the export. */
  readonly dataFileS3Key: string;
  /** How many lines it has: {@link OpenExportOptions.itemCount} checks it. */
  readonly itemCount: number;
  /** The MD5 digest of the file, base64; absent where the manifest has none. */
  readonly md5Checksum?: string;
  /** The entity tag of the S3 object; absent where the manifest has none. */
  readonly etag?: string;
}

/**
 * Reads `manifest-files.json` of a DynamoDB export: which data files there are.
 *
 * @param file - the body of the S3 object
 * @throws MalformedInputError `MALFORMED_DYNAMODB_RESPONSE` with the line's number; LimitError `LIMIT_EXCEEDED`
 *
 * @example
 * ```ts
 * import { readExportManifest } from 'fieldseal/tables'
 *
 * const manifest = new Response(
 *   '{"itemCount":8,"md5Checksum":"sQMSpEILNgoQmarvDFonGQ==","dataFileS3Key":"AWSDynamoDB/0123-abcd/data/x.json.gz"}\n',
 * )
 * if (manifest.body) {
 *   for await (const { dataFileS3Key, itemCount } of readExportManifest(manifest.body))
 *     console.log(dataFileS3Key, itemCount) // → AWSDynamoDB/0123-abcd/data/x.json.gz 8
 * }
 * ```
 */
export function readExportManifest(
  file: FileStream,
  options: CallOptions = {},
): AsyncGenerator<ExportedFile, void, undefined> {
  const signal = signalOption(options);
  mustBeFile(file);
  return filesOf(file, signal);
}

async function* filesOf(
  file: FileStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExportedFile, void, undefined> {
  const source = 'export manifest';
  for await (const line of linesOf(fileBytes(file, signal))) {
    const name = `line ${line.line}`;
    const entry = membersOf(source, name, parseJson(source, name, textOf(source, line)));
    const { dataFileS3Key, itemCount, md5Checksum, etag } = entry;
    if (typeof dataFileS3Key !== 'string' || dataFileS3Key === '') {
      throw malformed(source, `${name} has no dataFileS3Key: give manifest-files.json`);
    }
    if (!isCount(itemCount)) throw malformed(source, `itemCount of ${name} is not a count`);
    yield {
      dataFileS3Key,
      itemCount,
      ...(typeof md5Checksum === 'string' && { md5Checksum }),
      ...(typeof etag === 'string' && { etag }),
    };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
